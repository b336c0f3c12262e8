// `tags(record)`: the hashtags of a post.

import { textOf, type Value } from "../values.ts";
import { distinctTexts, featuresOf, listField, textField } from "./record-fields.ts";

/** Tag facets, then the record's own `tags`: lower-cased, without `#`, each once. Else []. */
export function tags(record: Value): Value {
  const inText = featuresOf(record, "app.bsky.richtext.facet#tag").map((tag) =>
    textField(tag, "tag"),
  );
  const apart = listField(record, "tags").map(textOf);
  return distinctTexts([...inText, ...apart].map(normal));
}

/** Both the ASCII and the full-width hash sign introduce a tag. */
function normal(tag: string | null): string | null {
  return tag === null
    ? null
    : tag
        .trim()
        .replace(/^[#＃]/u, "")
        .toLowerCase();
}
