// The builtin `rkey_of`: its type rule and its documentation.

import type { Builtin } from "./builtin.ts";
import { gives, STRING_OR_NULL, URI } from "./generic.ts";

export const rkeyOf: Builtin<"rkey_of"> = {
  name: "rkey_of",
  group: "firehose",
  signature: gives(STRING_OR_NULL, "string?", URI),
  docs: "The record key of an AT URI `at://…/collection/rkey`; null when there is none.",
  examples: [
    {
      expression: "rkey_of(uri)",
      given: { uri: "at://did:plc:abc/app.bsky.feed.post/3k2a" },
      result: "3k2a",
    },
    {
      expression: "rkey_of(uri)",
      given: { uri: "at://did:plc:abc/app.bsky.feed.post" },
      result: null,
    },
    { expression: "rkey_of(uri)", given: { uri: null }, result: null },
  ],
};
