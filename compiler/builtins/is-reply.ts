// The builtin `is_reply`: its type rule and its documentation.

import { BOOL } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, RECORD } from "./generic.ts";

export const isReply: Builtin<"is_reply"> = {
  name: "is_reply",
  group: "firehose",
  signature: gives(BOOL, "bool", RECORD),
  docs: "Whether a post answers another one.",
  examples: [
    {
      expression: "is_reply(record)",
      given: { record: { reply: { parent: { uri: "at://did:plc:abc/app.bsky.feed.post/3k2a" } } } },
      result: true,
    },
    { expression: "is_reply(record)", given: { record: { text: "hi" } }, result: false },
    { expression: "is_reply(record)", given: { record: null }, result: false },
  ],
};
