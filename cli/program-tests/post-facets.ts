// Facets of a post as clients make them: hashtags, links and mentions in the text, by UTF-8 bytes.
// Spec: docs.bsky.app/docs/advanced-guides/post-richtext

import type { Json } from "../../plan/expr.ts";

const TYPE = "app.bsky.richtext.facet";
const TAG = /(?<=^|\s)[#＃]([^\s#＃.,;:!?]+)/gu;
const LINK = /(?<=^|\s|\()https?:\/\/[^\s)]+/gu;
const MENTION = /(?<=^|\s|\()@[\w.-]+/gu;

/** The facets of `text`; its mentions are, in order, of `dids`, and those it lacks stand at its start. */
export function facetsOf(text: string, dids: readonly Json[]): Json[] {
  const tags = [...text.matchAll(TAG)].map((match) =>
    facet(text, match.index, match[0], { $type: `${TYPE}#tag`, tag: match[1] ?? "" }),
  );
  const links = [...text.matchAll(LINK)].map((match) =>
    facet(text, match.index, match[0], { $type: `${TYPE}#link`, uri: match[0] }),
  );
  const names = [...text.matchAll(MENTION)];
  const mentions = dids.map((did, i) =>
    facet(text, names[i]?.index ?? 0, names[i]?.[0] ?? "", { $type: `${TYPE}#mention`, did }),
  );
  return [...tags, ...links, ...mentions];
}

function facet(text: string, start: number, part: string, feature: Json): Json {
  const byteStart = Buffer.byteLength(text.slice(0, start));
  const index = { byteStart, byteEnd: byteStart + Buffer.byteLength(part) };
  return { $type: TYPE, index, features: [feature] };
}

/** The hashtags of `text`, lower-cased. */
export function hashtagsOf(text: string): Set<string> {
  return new Set([...text.matchAll(TAG)].map((match) => (match[1] ?? "").toLowerCase()));
}
