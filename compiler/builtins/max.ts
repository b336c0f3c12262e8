// The builtin `max`: its type rule and its documentation.

import { type Builtin, param } from "./builtin.ts";
import { anElement, ORDERED_LISTS } from "./generic.ts";

export const max: Builtin<"max"> = {
  name: "max",
  group: "lists",
  signature: { params: [param("list", ...ORDERED_LISTS)], result: anElement, returns: "T?" },
  docs: "The greatest element of a list of numbers, strings, instants or durations, the first of equals; null of an empty list. Strings order by code point.",
  examples: [
    { expression: "max(@)", given: [1, 3, 2], result: 3 },
    { expression: "max(@)", given: ["b", "é", "Z"], result: "é" },
    { expression: "max(@)", given: [], result: null },
  ],
};
