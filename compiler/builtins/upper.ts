// The builtin `upper`: its type rule and its documentation.

import { STRING } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, TEXT } from "./generic.ts";

export const upper: Builtin<"upper"> = {
  name: "upper",
  group: "strings",
  signature: gives(STRING, "string", TEXT),
  docs: "The text in upper case, by Unicode's mapping and no locale's: it may become longer.",
  examples: [
    { expression: "upper(@)", given: "Hello", result: "HELLO" },
    { expression: "upper(@)", given: "straße", result: "STRASSE" },
  ],
};
