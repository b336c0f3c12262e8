// The builtin `keys`: its type rule and its documentation.

import { list, OBJECT, STRING } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { gives } from "./generic.ts";

export const keys: Builtin<"keys"> = {
  name: "keys",
  group: "objects",
  signature: gives(list(STRING), "list<string>", param("object", OBJECT)),
  docs: "The names of the fields of an object, in their order.",
  examples: [
    { expression: "keys(@)", given: { b: 1, a: 2 }, result: ["b", "a"] },
    { expression: "keys(@)", given: {}, result: [] },
  ],
};
