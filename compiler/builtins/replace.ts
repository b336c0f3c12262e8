// The builtin `replace`: its type rule and its documentation.

import { INT, STRING } from "../types/type.ts";
import { type Builtin, optional, param } from "./builtin.ts";
import { gives, TEXT } from "./generic.ts";

export const replace: Builtin<"replace"> = {
  name: "replace",
  group: "strings",
  signature: gives(
    STRING,
    "string",
    TEXT,
    param("old", STRING),
    param("new", STRING),
    optional("count", INT),
  ),
  docs: "The text with the first `count` (or all) occurrences of `old` replaced by `new`. The empty string occurs nowhere.",
  examples: [
    { expression: "replace(@, 'a', 'o')", given: "banana", result: "bonono" },
    { expression: "replace(@, 'a', 'o', 1)", given: "banana", result: "bonana" },
    { expression: "replace(@, '', 'x')", given: "banana", result: "banana" },
  ],
};
