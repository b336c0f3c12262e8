// The builtin `items`: its type rule and its documentation.

import { list, OBJECT } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { ANY_LIST, gives } from "./generic.ts";

export const items: Builtin<"items"> = {
  name: "items",
  group: "objects",
  signature: gives(list(ANY_LIST), "list<[string, T]>", param("object", OBJECT)),
  docs: "The fields of an object as a list of `[name, value]`, in their order.",
  examples: [
    {
      expression: "items(@)",
      given: { a: 1, b: null },
      result: [
        ["a", 1],
        ["b", null],
      ],
    },
    { expression: "items(@)", given: {}, result: [] },
  ],
};
