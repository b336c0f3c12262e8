// The builtin `max_by`: its type rule and its documentation.

import type { Builtin } from "./builtin.ts";
import { anElement, by } from "./generic.ts";

export const maxBy: Builtin<"max_by"> = {
  name: "max_by",
  group: "lists",
  signature: by(anElement, "T?"),
  docs: "The element for which the expression is greatest, the first of equals; null of an empty list.",
  examples: [
    { expression: "max_by(@, &n)", given: [{ n: 1 }, { n: 5 }], result: { n: 5 } },
    { expression: "max_by(@, &n)", given: [], result: null },
  ],
};
