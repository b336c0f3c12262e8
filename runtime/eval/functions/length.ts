// `length(x)`

import { codePoints } from "../text.ts";
import { CidLink, isRecord, type Value } from "../values.ts";
import { refuse } from "./builtin.ts";

/** Code points of a string, elements of a list, fields of an object, bytes. */
export function length(value: Value): Value {
  if (typeof value === "string") return codePoints(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof CidLink) return codePoints(value.cid);
  if (isRecord(value)) return Object.keys(value).length;
  return refuse("length", "a string, list or object", value);
}
