// The builtin `mentions`: its type rule and its documentation.

import { DID, list } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, RECORD } from "./generic.ts";

export const mentions: Builtin<"mentions"> = {
  name: "mentions",
  group: "firehose",
  signature: gives(list(DID), "list<did>", RECORD),
  docs: "The DIDs of those a post mentions in its text, each once.",
  examples: [
    {
      expression: "mentions(record)",
      given: {
        record: {
          facets: [{ features: [{ $type: "app.bsky.richtext.facet#mention", did: "did:plc:b" }] }],
        },
      },
      result: ["did:plc:b"],
    },
    { expression: "mentions(record)", given: { record: null }, result: [] },
  ],
};
