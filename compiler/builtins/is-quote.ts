// The builtin `is_quote`: its type rule and its documentation.

import { BOOL } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, RECORD } from "./generic.ts";

export const isQuote: Builtin<"is_quote"> = {
  name: "is_quote",
  group: "firehose",
  signature: gives(BOOL, "bool", RECORD),
  docs: "Whether a post embeds another post (and not a list, a feed or the like), with media beside it or without.",
  examples: [
    {
      expression: "is_quote(record)",
      given: {
        record: {
          embed: {
            $type: "app.bsky.embed.record",
            record: { uri: "at://did:plc:abc/app.bsky.feed.post/3k2a" },
          },
        },
      },
      result: true,
    },
    { expression: "is_quote(record)", given: { record: { text: "hi" } }, result: false },
    { expression: "is_quote(record)", given: { record: null }, result: false },
  ],
};
