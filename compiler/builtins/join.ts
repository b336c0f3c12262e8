// The builtin `join`: its type rule and its documentation.

import { list, STRING } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { gives } from "./generic.ts";

export const join: Builtin<"join"> = {
  name: "join",
  group: "strings",
  signature: gives(STRING, "string", param("glue", STRING), param("list", list(STRING))),
  docs: "The strings of the list with `glue` between them. The empty list gives the empty string.",
  examples: [
    { expression: "join(', ', @)", given: ["a", "b", "c"], result: "a, b, c" },
    { expression: "join(', ', @)", given: [], result: "" },
  ],
};
