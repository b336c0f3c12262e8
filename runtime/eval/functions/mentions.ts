// `mentions(record)`: who a post mentions.

import type { Value } from "../values.ts";
import { distinctTexts, featuresOf, textField } from "./record-fields.ts";

/** The DIDs of the mention facets, each once. Else []. */
export function mentions(record: Value): Value {
  const features = featuresOf(record, "app.bsky.richtext.facet#mention");
  return distinctTexts(features.map((feature) => textField(feature, "did")));
}
