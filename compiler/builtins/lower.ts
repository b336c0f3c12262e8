// The builtin `lower`: its type rule and its documentation.

import { STRING } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, TEXT } from "./generic.ts";

export const lower: Builtin<"lower"> = {
  name: "lower",
  group: "strings",
  signature: gives(STRING, "string", TEXT),
  docs: "The text in lower case, by Unicode's mapping and no locale's.",
  examples: [
    { expression: "lower(@)", given: "Hello", result: "hello" },
    { expression: "lower(@)", given: "ÉCOLE", result: "école" },
  ],
};
