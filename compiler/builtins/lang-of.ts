// The builtin `lang_of`: its type rule and its documentation.

import type { Builtin } from "./builtin.ts";
import { gives, RECORD, STRING_OR_NULL } from "./generic.ts";

export const langOf: Builtin<"lang_of"> = {
  name: "lang_of",
  group: "firehose",
  signature: gives(STRING_OR_NULL, "string?", RECORD),
  docs: "The primary subtag of the first language a post says it is in, in lower case; null when it says none.",
  examples: [
    { expression: "lang_of(record)", given: { record: { langs: ["en-US", "de"] } }, result: "en" },
    { expression: "lang_of(record)", given: { record: { langs: [] } }, result: null },
    { expression: "lang_of(record)", given: { record: null }, result: null },
  ],
};
