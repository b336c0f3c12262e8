// The builtin `sort`: its type rule and its documentation.

import { type Builtin, param } from "./builtin.ts";
import { ORDERED_LISTS, sameList } from "./generic.ts";

export const sort: Builtin<"sort"> = {
  name: "sort",
  group: "lists",
  signature: { params: [param("list", ...ORDERED_LISTS)], result: sameList, returns: "list<T>" },
  docs: "The list in ascending order. Strings order by code point, so upper case comes before lower case.",
  examples: [
    { expression: "sort(@)", given: [3, 1, 2], result: [1, 2, 3] },
    { expression: "sort(@)", given: ["b", "é", "a", "Z"], result: ["Z", "a", "b", "é"] },
    { expression: "sort(@)", given: [], result: [] },
  ],
};
