// The builtin `sum`: its type rule and its documentation.

import type { Builtin } from "./builtin.ts";
import { NUMBERS, sumOf } from "./generic.ts";

export const sum: Builtin<"sum"> = {
  name: "sum",
  group: "numbers",
  signature: { params: [NUMBERS], result: sumOf, returns: "number" },
  docs: "The sum of the numbers of a list, exact before it is rounded; 0 of an empty one. It fails when the sum is beyond a double's range.",
  examples: [
    { expression: "sum(@)", given: [1, 2.5], result: 3.5 },
    { expression: "sum(@)", given: [], result: 0 },
  ],
};
