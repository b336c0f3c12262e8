// The builtin `values`: its type rule and its documentation.

import { list, OBJECT } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { valuesOf } from "./generic.ts";

export const values: Builtin<"values"> = {
  name: "values",
  group: "objects",
  signature: {
    params: [param("object", OBJECT)],
    result: ([value]) => list(valuesOf(value)),
    returns: "list<T>",
  },
  docs: "The values of the fields of an object, in their order.",
  examples: [
    { expression: "values(@)", given: { b: 1, a: null }, result: [1, null] },
    { expression: "values(@)", given: {}, result: [] },
  ],
};
