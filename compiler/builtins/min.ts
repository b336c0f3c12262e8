// The builtin `min`: its type rule and its documentation.

import { type Builtin, param } from "./builtin.ts";
import { anElement, ORDERED_LISTS } from "./generic.ts";

export const min: Builtin<"min"> = {
  name: "min",
  group: "lists",
  signature: { params: [param("list", ...ORDERED_LISTS)], result: anElement, returns: "T?" },
  docs: "The least element of a list of numbers, strings, instants or durations, the first of equals; null of an empty list. Strings order by code point.",
  examples: [
    { expression: "min(@)", given: [2, 1, 3], result: 1 },
    { expression: "min(@)", given: ["b", "é", "Z"], result: "Z" },
    { expression: "min(@)", given: [], result: null },
  ],
};
