// `links(record)`: the URLs of a post.

import type { Value } from "../values.ts";
import { distinctTexts, featuresOf, fieldOf, textField } from "./record-fields.ts";

/** Link facets, then the link card (app.bsky.embed.external, alone or as media), each once. Else []. */
export function links(record: Value): Value {
  const inText = featuresOf(record, "app.bsky.richtext.facet#link");
  const embed = fieldOf(record, "embed");
  const cards = [embed, fieldOf(embed, "media")].map((one) => fieldOf(one, "external"));
  return distinctTexts([...inText, ...cards].map((one) => textField(one, "uri")));
}
