// The builtin `zip`: its type rule and its documentation.

import { type Builtin, param, rest } from "./builtin.ts";
import { ANY_LIST, zipped } from "./generic.ts";

export const zip: Builtin<"zip"> = {
  name: "zip",
  group: "lists",
  signature: {
    params: [param("list", ANY_LIST), rest("more", ANY_LIST)],
    result: zipped,
    returns: "list<list<T>>",
  },
  docs: "Lists of the first elements, of the second ones, and so on, as long as all lists have one.",
  examples: [
    {
      expression: "zip(a, b)",
      given: { a: [1, 2], b: ["x", "y"] },
      result: [
        [1, "x"],
        [2, "y"],
      ],
    },
    { expression: "zip(a, b)", given: { a: [1, 2], b: [] }, result: [] },
  ],
};
