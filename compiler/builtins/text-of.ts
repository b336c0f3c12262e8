// The builtin `text_of`: its type rule and its documentation.

import type { Builtin } from "./builtin.ts";
import { gives, RECORD, STRING_OR_NULL } from "./generic.ts";

export const textOf: Builtin<"text_of"> = {
  name: "text_of",
  group: "firehose",
  signature: gives(STRING_OR_NULL, "string?", RECORD),
  docs: "What a person wrote in a post, its `text`; null for a record without one.",
  examples: [
    { expression: "text_of(record)", given: { record: { text: "hi 👍" } }, result: "hi 👍" },
    { expression: "text_of(record)", given: { record: { displayName: "Alice" } }, result: null },
    { expression: "text_of(record)", given: { record: null }, result: null },
  ],
};
