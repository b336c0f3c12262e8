// The builtin `group_by`: its type rule and its documentation.

import { object } from "../types/type.ts";
import { type Builtin, param, reference } from "./builtin.ts";
import { ANY_LIST, STRING_OR_NULL, sameList } from "./generic.ts";

export const groupBy: Builtin<"group_by"> = {
  name: "group_by",
  group: "objects",
  signature: {
    params: [param("list", ANY_LIST), reference("by", 0, STRING_OR_NULL)],
    result: (args) => object([], { rest: sameList(args) }),
    returns: "object<list<T>>",
  },
  docs: "The elements by the string the expression gives for each; those for which it is null are left out.",
  examples: [
    {
      expression: "group_by(@, &k)",
      given: [{ k: "a" }, { k: "b" }, { k: "a" }],
      result: { a: [{ k: "a" }, { k: "a" }], b: [{ k: "b" }] },
    },
    { expression: "group_by(@, &k)", given: [{ k: null }], result: {} },
  ],
};
