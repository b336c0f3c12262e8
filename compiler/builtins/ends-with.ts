// The builtin `ends_with`: its type rule and its documentation.

import { STRING } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { TEXT, textTest } from "./generic.ts";

export const endsWith: Builtin<"ends_with"> = {
  name: "ends_with",
  group: "strings",
  signature: textTest(TEXT, param("suffix", STRING)),
  docs: "Whether the text ends with `suffix`; every text ends with the empty one.",
  examples: [
    { expression: "ends_with(@, '.app')", given: "bsky.app", result: true },
    { expression: "ends_with(@, '')", given: "", result: true },
  ],
};
