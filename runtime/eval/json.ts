// Values as JSON, for people and for sinks that speak JSON.

import type { Json } from "../../plan/expr.ts";
import { CidLink, Duration, Instant, setField, type Value } from "./values.ts";

/**
 * The value in JSON: instants as RFC 3339 in UTC with milliseconds, durations as milliseconds, links
 * and bytes in atproto's form (atproto.com/specs/data-model: `$link`, `$bytes` without padding).
 */
export function toJson(value: Value): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Instant) return formatInstant(value);
  if (value instanceof Duration) return value.ms;
  if (value instanceof CidLink) return { $link: value.cid };
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  const json: { [name: string]: Json } = {};
  for (const name of Object.keys(value)) setField(json, name, toJson(value[name] ?? null));
  return json;
}

/** RFC 3339 in UTC with milliseconds. */
export function formatInstant(instant: Instant): string {
  return new Date(instant.ms).toISOString();
}

/** Base64 without padding (RFC 4648). */
function base64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return text.replace(/=+$/, "");
}
