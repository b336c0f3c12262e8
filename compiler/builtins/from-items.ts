// The builtin `from_items`: its type rule and its documentation.

import { list, object } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { ANY_LIST, elementOf } from "./generic.ts";

export const fromItems: Builtin<"from_items"> = {
  name: "from_items",
  group: "objects",
  signature: {
    params: [param("pairs", list(ANY_LIST))],
    result: (args) => object([], { rest: elementOf(elementOf(args[0])) }),
    returns: "object",
  },
  docs: "The object of a list of `[name, value]`; of two pairs with one name the later counts.",
  examples: [
    {
      expression: "from_items(@)",
      given: [
        ["a", 1],
        ["b", 2],
      ],
      result: { a: 1, b: 2 },
    },
    {
      expression: "from_items(@)",
      given: [
        ["a", 1],
        ["a", null],
      ],
      result: { a: null },
    },
    { expression: "from_items(@)", given: [], result: {} },
  ],
};
