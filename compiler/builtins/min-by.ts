// The builtin `min_by`: its type rule and its documentation.

import type { Builtin } from "./builtin.ts";
import { anElement, by } from "./generic.ts";

export const minBy: Builtin<"min_by"> = {
  name: "min_by",
  group: "lists",
  signature: by(anElement, "T?"),
  docs: "The element for which the expression is least, the first of equals; null of an empty list.",
  examples: [
    { expression: "min_by(@, &n)", given: [{ n: 1 }, { n: 5 }], result: { n: 1 } },
    { expression: "min_by(@, &n)", given: [], result: null },
  ],
};
