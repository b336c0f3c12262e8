// The builtin `did_of`: its type rule and its documentation.

import { DID, nullable } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, URI } from "./generic.ts";

export const didOf: Builtin<"did_of"> = {
  name: "did_of",
  group: "firehose",
  signature: gives(nullable(DID), "did?", URI),
  docs: "The DID an AT URI begins with; null when it begins with a handle, or is no AT URI.",
  examples: [
    {
      expression: "did_of(uri)",
      given: { uri: "at://did:plc:abc/app.bsky.feed.post/3k2a" },
      result: "did:plc:abc",
    },
    { expression: "did_of(uri)", given: { uri: "at://alice.example" }, result: null },
    { expression: "did_of(uri)", given: { uri: null }, result: null },
  ],
};
