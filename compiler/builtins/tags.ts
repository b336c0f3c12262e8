// The builtin `tags`: its type rule and its documentation.

import { list, STRING } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, RECORD } from "./generic.ts";

export const tags: Builtin<"tags"> = {
  name: "tags",
  group: "firehose",
  signature: gives(list(STRING), "list<string>", RECORD),
  docs: "The hashtags of a post, each once: those in its text, then its other `tags`, in lower case and without the `#`.",
  examples: [
    {
      expression: "tags(record)",
      given: {
        record: {
          facets: [{ features: [{ $type: "app.bsky.richtext.facet#tag", tag: "Ärger" }] }],
          tags: ["b"],
        },
      },
      result: ["ärger", "b"],
    },
    { expression: "tags(record)", given: { record: { tags: ["Cat", "#cat"] } }, result: ["cat"] },
    { expression: "tags(record)", given: { record: null }, result: [] },
  ],
};
