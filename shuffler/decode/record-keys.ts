// That no map of a record has a key twice. Where the keys are in order the check of their order says so; this is for the
// few records where they are not.

import { CborCursor, MAJOR } from "../cbor/cursor.ts";
import { Malformed } from "./rejection.ts";

/** @param record that was checked otherwise. @throws Malformed: two readers could take two values for the truth */
export function requireKeysOnce(record: Uint8Array): void {
  passItem(new CborCursor(record, "bad_record"));
}

function passItem(cursor: CborCursor): void {
  const major = cursor.head();
  const { argument } = cursor;
  switch (major) {
    case MAJOR.bytes:
    case MAJOR.text:
      cursor.at += argument;
      return;
    case MAJOR.list:
      for (let left = argument; left > 0; left -= 1) passItem(cursor);
      return;
    case MAJOR.map:
      passMap(cursor, argument);
      return;
    case MAJOR.tag:
      cursor.bytesAt();
      return;
    default: // A number or a simple value ends with its head.
  }
}

function passMap(cursor: CborCursor, size: number): void {
  const keys = new Set<string>();
  for (let left = size; left > 0; left -= 1) {
    if (keys.size === keys.add(cursor.text()).size) {
      throw new Malformed("bad_record", "a key that is there twice");
    }
    passItem(cursor);
  }
}
