// The builtin `not_null`: its type rule and its documentation.

import { ANY } from "../types/type.ts";
import { type Builtin, rest } from "./builtin.ts";
import { ANYTHING, firstNotNull } from "./generic.ts";

export const notNull: Builtin<"not_null"> = {
  name: "not_null",
  group: "values",
  signature: { params: [ANYTHING, rest("more", ANY)], result: firstNotNull, returns: "T?" },
  docs: "The first argument that is not null; null when all are. `a ?? b` says the same of two.",
  examples: [
    { expression: "not_null(a, b)", given: { a: null, b: 1 }, result: 1 },
    { expression: "not_null(a, b)", given: {}, result: null },
  ],
};
