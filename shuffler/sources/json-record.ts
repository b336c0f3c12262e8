// A record from atproto's JSON form back to canonical DAG-CBOR: `{"$link"}` becomes a CID link,
// `{"$bytes"}` a byte string. Spec: atproto.com/specs/data-model.

import { type CborValue, CidLink, writeValue } from "../cbor/encode.ts";
import type { CborWriter } from "../cbor/writer.ts";
import { cidFromString } from "../decode/cid.ts";
import { RECORD_DEPTH_MAX } from "../decode/limits.ts";
import { Malformed } from "../decode/rejection.ts";

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** @throws Malformed `bad_record` when it is nested too deeply, or a link or bytes are not what they say. */
export function encodeJsonRecord(writer: CborWriter, record: object): Uint8Array {
  const value = toCbor(record, RECORD_DEPTH_MAX);
  writeValue(writer, value);
  return writer.take();
}

/** `json` is what `parseJsonLine` gave. */
function toCbor(json: unknown, depth: number): CborValue {
  if (json === null || typeof json === "boolean") return json;
  if (typeof json === "string") return wellFormed(json);
  if (typeof json === "number") return finite(json);
  if (typeof json === "bigint") return json;
  if (typeof json !== "object") throw new Malformed("bad_record", `${typeof json} is not JSON`);
  if (depth === 0) throw new Malformed("bad_record", "nested too deeply");
  if (Array.isArray(json)) return json.map((item) => toCbor(item, depth - 1));
  return special(json) ?? mapOf(json, depth);
}

function mapOf(json: object, depth: number): CborValue {
  const entries = Object.entries(json).map(([key, value]) => [
    wellFormed(key),
    toCbor(value, depth - 1),
  ]);
  // A `__proto__` key from JSON.parse is an own property here too.
  return Object.fromEntries(entries);
}

/** The value of `{"$link": …}` or `{"$bytes": …}`; null for any other object. */
function special(json: object): CidLink | Uint8Array | null {
  if (Object.keys(json).length !== 1) return null;
  if ("$link" in json) {
    const cid = typeof json.$link === "string" ? cidFromString(json.$link) : null;
    if (cid === null || cid.length === 0) throw new Malformed("bad_record", "$link is no CID");
    return new CidLink(cid);
  }
  if (!("$bytes" in json)) return null;
  if (typeof json.$bytes !== "string" || !BASE64.test(json.$bytes)) {
    throw new Malformed("bad_record", "$bytes is no base64");
  }
  return new Uint8Array(Buffer.from(json.$bytes, "base64"));
}

/** JSON can escape half a surrogate pair, UTF-8 cannot hold one. */
function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new Malformed("bad_utf8", "half a surrogate pair in a record");
  return text;
}

/** JSON.parse makes 1e999 infinite. */
function finite(number: number): number {
  if (!Number.isFinite(number)) throw new Malformed("bad_record", "a number past the float range");
  return number;
}
