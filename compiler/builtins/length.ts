// The builtin `length`: its type rule and its documentation.

import { BYTES, INT, OBJECT, STRING } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { ANY_LIST, gives } from "./generic.ts";

export const length: Builtin<"length"> = {
  name: "length",
  group: "values",
  signature: gives(INT, "int", param("subject", STRING, ANY_LIST, OBJECT, BYTES)),
  docs: "The code points of a string, elements of a list, fields of an object, or bytes.",
  examples: [
    { expression: "length(@)", given: [1, 2, 3], result: 3 },
    { expression: "length(@)", given: "né👍", result: 3 },
    { expression: "length(@)", given: {}, result: 0 },
  ],
};
