// `did_of`, `collection_of`, `rkey_of`: the parts of an AT URI (atproto.com/specs/at-uri-scheme).

import { DID, NSID, RKEY } from "../../../plan/names.ts";
import { textOf, type Value } from "../values.ts";

const SCHEME = "at://";

/** `did_of(uri)`: the DID of `at://did/…`; null when there is none (a handle is not one). */
export function didOf(uri: Value): Value {
  return part(uri, 0, DID);
}

/** `collection_of(uri)`: the NSID of `at://…/collection/…`, or null. */
export function collectionOf(uri: Value): Value {
  return part(uri, 1, NSID);
}

/** `rkey_of(uri)`: the record key of `at://…/collection/rkey`, or null. */
export function rkeyOf(uri: Value): Value {
  return part(uri, 2, RKEY);
}

function part(uri: Value, index: number, shape: RegExp): string | null {
  const text = textOf(uri);
  if (text === null || !text.startsWith(SCHEME)) return null;
  const parts = text.slice(SCHEME.length).split("/", 4);
  const found = parts[index];
  return found !== undefined && parts.length <= 3 && shape.test(found) ? found : null;
}
