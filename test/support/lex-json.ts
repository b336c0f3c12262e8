// Records and frames as atproto writes them in JSON files: `$link` is a CID, `$bytes` are bytes.

import { type CborValue, CidLink } from "../../shuffler/cbor/encode.ts";
import { cidFromString } from "../../shuffler/decode/cid.ts";

export function fromLexJson(json: unknown): CborValue {
  if (json === null || typeof json !== "object") return json as CborValue; // JSON has no other scalars
  if (Array.isArray(json)) return json.map(fromLexJson);
  const object = json as Record<string, unknown>; // not null, not a list
  if (typeof object.$link === "string") {
    return new CidLink(cidFromString(object.$link) ?? new Uint8Array());
  }
  if (typeof object.$bytes === "string")
    return new Uint8Array(Buffer.from(object.$bytes, "base64"));
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, fromLexJson(value)]),
  );
}
