// The builtin `avg`: its type rule and its documentation.

import { NUMBER, nullable } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, NUMBERS } from "./generic.ts";

export const avg: Builtin<"avg"> = {
  name: "avg",
  group: "numbers",
  signature: gives(nullable(NUMBER), "number?", NUMBERS),
  docs: "The mean of the numbers of a list, whose sum is exact; null of an empty one.",
  examples: [
    { expression: "avg(@)", given: [1, 2, 6], result: 3 },
    { expression: "avg(@)", given: [], result: null },
  ],
};
