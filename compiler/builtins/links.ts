// The builtin `links`: its type rule and its documentation.

import { list, STRING } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { gives, RECORD } from "./generic.ts";

export const links: Builtin<"links"> = {
  name: "links",
  group: "firehose",
  signature: gives(list(STRING), "list<string>", RECORD),
  docs: "The URLs of a post, each once: of the links in its text, then of its link card.",
  examples: [
    {
      expression: "links(record)",
      given: {
        record: {
          facets: [
            { features: [{ $type: "app.bsky.richtext.facet#link", uri: "https://a.example" }] },
          ],
        },
      },
      result: ["https://a.example"],
    },
    {
      expression: "links(record)",
      given: { record: { embed: { external: { uri: "https://b.example" } } } },
      result: ["https://b.example"],
    },
    { expression: "links(record)", given: { record: null }, result: [] },
  ],
};
