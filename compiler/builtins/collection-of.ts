// The builtin `collection_of`: its type rule and its documentation.

import { NSID, nullable } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, URI } from "./generic.ts";

export const collectionOf: Builtin<"collection_of"> = {
  name: "collection_of",
  group: "firehose",
  signature: gives(nullable(NSID), "nsid?", URI),
  docs: "The collection of an AT URI `at://…/collection/…`; null when there is none.",
  examples: [
    {
      expression: "collection_of(uri)",
      given: { uri: "at://did:plc:abc/app.bsky.feed.post/3k2a" },
      result: "app.bsky.feed.post",
    },
    { expression: "collection_of(uri)", given: { uri: "at://did:plc:abc" }, result: null },
    { expression: "collection_of(uri)", given: { uri: null }, result: null },
  ],
};
