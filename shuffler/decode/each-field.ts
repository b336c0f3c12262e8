// Steps through a map that nobody vouches for: a reader of each field, no field twice, none missing.

import type { CborCursor } from "../cbor/cursor.ts";
import { FRAME_FIELDS_MAX } from "./limits.ts";

/**
 * Calls `onField` for each key of the map that comes next; it must read or skip the value.
 * @returns the keys @throws Malformed when one is there twice: two readers could take two values
 */
export function eachField(cursor: CborCursor, onField: (key: string) => void): Set<string> {
  const size = cursor.mapSize();
  if (size > FRAME_FIELDS_MAX) throw cursor.malformed(`a map of ${size} fields`);
  const keys = new Set<string>();
  for (let i = 0; i < size; i += 1) {
    const key = cursor.name();
    if (keys.size === keys.add(key).size) throw cursor.malformed("a field that is there twice");
    onField(key);
  }
  return keys;
}

/** @throws Malformed when one of `names` is not among the keys of a map */
export function requireFields(
  cursor: CborCursor,
  keys: ReadonlySet<string>,
  names: readonly string[],
): void {
  const missing = names.find((name) => !keys.has(name));
  if (missing !== undefined) throw cursor.malformed(`no \`${missing}\``);
}
