// The builtin `abs`: its type rule and its documentation.

import { NUMBER } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { sameNumber } from "./generic.ts";

export const abs: Builtin<"abs"> = {
  name: "abs",
  group: "numbers",
  signature: { params: [param("number", NUMBER)], result: sameNumber, returns: "number" },
  docs: "The number without its sign.",
  examples: [
    { expression: "abs(@)", given: -3, result: 3 },
    { expression: "abs(@)", given: 0, result: 0 },
  ],
};
