// The builtin `starts_with`: its type rule and its documentation.

import { STRING } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { TEXT, textTest } from "./generic.ts";

export const startsWith: Builtin<"starts_with"> = {
  name: "starts_with",
  group: "strings",
  signature: textTest(TEXT, param("prefix", STRING)),
  docs: "Whether the text starts with `prefix`; every text starts with the empty one.",
  examples: [
    { expression: "starts_with(@, 'did:')", given: "did:plc:abc", result: true },
    { expression: "starts_with(@, '')", given: "", result: true },
  ],
};
