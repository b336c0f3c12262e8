// The builtin `to_string`: its type rule and its documentation.

import { STRING } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { ANYTHING, gives } from "./generic.ts";

export const asString: Builtin<"to_string"> = {
  name: "to_string",
  group: "values",
  signature: gives(STRING, "string", ANYTHING),
  docs: "A string as it is, an instant in RFC 3339, and anything else as JSON.",
  examples: [
    { expression: "to_string(@)", given: "é", result: "é" },
    { expression: "to_string(@)", given: { a: [1, null] }, result: '{"a":[1,null]}' },
    {
      expression: "to_string(t'2026-07-04T12:00:00Z')",
      given: null,
      result: "2026-07-04T12:00:00.000Z",
    },
    { expression: "to_string(@)", given: null, result: "null" },
  ],
};
