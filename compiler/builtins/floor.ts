// The builtin `floor`: its type rule and its documentation.

import { INT, NUMBER } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { gives } from "./generic.ts";

export const floor: Builtin<"floor"> = {
  name: "floor",
  group: "numbers",
  signature: gives(INT, "int", param("number", NUMBER)),
  docs: "The greatest integer that is not above the number.",
  examples: [
    { expression: "floor(@)", given: 1.8, result: 1 },
    { expression: "floor(@)", given: -1.2, result: -2 },
  ],
};
