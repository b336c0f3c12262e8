// The builtin `sort_by`: its type rule and its documentation.

import type { Builtin } from "./builtin.ts";
import { by, sameList } from "./generic.ts";

export const sortBy: Builtin<"sort_by"> = {
  name: "sort_by",
  group: "lists",
  signature: by(sameList, "list<T>"),
  docs: "The elements in ascending order of what the expression gives for each; equal ones keep their order.",
  examples: [
    { expression: "sort_by(@, &n)[*].n", given: [{ n: 2 }, { n: 1 }], result: [1, 2] },
    { expression: "sort_by(@, &length(@))", given: ["ccc", "b", "a"], result: ["b", "a", "ccc"] },
    { expression: "sort_by(@, &n)", given: [], result: [] },
  ],
};
