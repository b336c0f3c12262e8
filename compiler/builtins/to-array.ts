// The builtin `to_array`: its type rule and its documentation.

import { ANY, list } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { ANYTHING } from "./generic.ts";

export const toArray: Builtin<"to_array"> = {
  name: "to_array",
  group: "values",
  signature: {
    params: [ANYTHING],
    result: ([value]) => {
      if (value === undefined || value.kind === "any") return list(ANY);
      if (value.kind !== "list") return list(value);
      return value.nullable ? list(ANY) : value;
    },
    returns: "list<T>",
  },
  docs: "A list as it is, and of anything else the list of only that, of null too.",
  examples: [
    { expression: "to_array(@)", given: [1, 2], result: [1, 2] },
    { expression: "to_array(@)", given: "a", result: ["a"] },
    { expression: "to_array(@)", given: null, result: [null] },
  ],
};
