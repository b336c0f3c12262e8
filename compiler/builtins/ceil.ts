// The builtin `ceil`: its type rule and its documentation.

import { INT, NUMBER } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { gives } from "./generic.ts";

export const ceil: Builtin<"ceil"> = {
  name: "ceil",
  group: "numbers",
  signature: gives(INT, "int", param("number", NUMBER)),
  docs: "The least integer that is not below the number.",
  examples: [
    { expression: "ceil(@)", given: 1.2, result: 2 },
    { expression: "ceil(@)", given: -1.8, result: -1 },
  ],
};
