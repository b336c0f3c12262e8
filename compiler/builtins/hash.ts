// The builtin `hash`: its type rule and its documentation.

import { INT } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { ANYTHING, gives } from "./generic.ts";

export const hash: Builtin<"hash"> = {
  name: "hash",
  group: "values",
  signature: gives(INT, "int", ANYTHING),
  docs: "A non-negative integer below 2^53 that depends on the value alone, is spread evenly, and stays the same for good: `sample` goes by it.",
  examples: [
    { expression: "hash(@)", given: "did:plc:abc", result: 5486053374099534 },
    { expression: "hash(@)", given: null, result: 6188329571262332 },
  ],
};
