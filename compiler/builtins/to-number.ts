// The builtin `to_number`: its type rule and its documentation.

import { NUMBER, nullable } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { ANYTHING, gives } from "./generic.ts";

export const toNumber: Builtin<"to_number"> = {
  name: "to_number",
  group: "values",
  signature: gives(nullable(NUMBER), "number?", ANYTHING),
  docs: "A number as it is, and what a string says that is a number in JSON; null of anything else.",
  examples: [
    { expression: "to_number(@)", given: "-1.5e3", result: -1500 },
    { expression: "to_number(@)", given: " 1", result: null },
    { expression: "to_number(@)", given: "", result: null },
    { expression: "to_number(@)", given: true, result: null },
  ],
};
