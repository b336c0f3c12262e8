// `is_reply` and `is_quote`: how a post relates to another one.

import { isRecord, type Value } from "../values.ts";
import { collectionOf } from "./at-uri.ts";
import { fieldOf } from "./record-fields.ts";

const POST = "app.bsky.feed.post";

/** `is_reply(record)`: whether it answers another post. */
export function isReply(record: Value): Value {
  return isRecord(fieldOf(record, "reply"));
}

/** `is_quote(record)`: whether it embeds another post (and not a list, feed or the like). */
export function isQuote(record: Value): Value {
  const embed = fieldOf(record, "embed");
  const type = fieldOf(embed, "$type");
  if (type === "app.bsky.embed.record") return isPost(fieldOf(embed, "record"));
  if (type !== "app.bsky.embed.recordWithMedia") return false;
  return isPost(fieldOf(fieldOf(embed, "record"), "record"));
}

function isPost(reference: Value): boolean {
  return collectionOf(fieldOf(reference, "uri")) === POST;
}
