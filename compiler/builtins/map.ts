// The builtin `map`: its type rule and its documentation.

import { ANY, list } from "../types/type.ts";
import { type Builtin, param, reference } from "./builtin.ts";
import { ANY_LIST } from "./generic.ts";

export const map: Builtin<"map"> = {
  name: "map",
  group: "lists",
  signature: {
    params: [reference("by", 1, ANY), param("list", ANY_LIST)],
    result: (args) => list(args[0] ?? ANY),
    returns: "list<R>",
  },
  docs: "What the expression gives for each element, nulls included (a projection `[*]` leaves them out).",
  examples: [
    { expression: "map(&a, @)", given: [{ a: 1 }, { a: 2 }], result: [1, 2] },
    { expression: "map(&a, @)", given: [{ a: 1 }, {}], result: [1, null] },
  ],
};
