// The time inside a TID (atproto.com/specs/tid): microseconds in its upper 53 bits.

import { isTid } from "../decode/fields.ts";

const ALPHABET = "234567abcdefghijklmnopqrstuvwxyz";
const CLOCK_ID_BITS = 10n;

/** Microseconds since the epoch (a safe integer until the year 2255); null when `text` is no TID. */
export function tidMicros(text: string): number | null {
  if (!isTid(text)) return null;
  let value = 0n;
  for (const char of text) value = value * 32n + BigInt(ALPHABET.indexOf(char));
  return Number(value >> CLOCK_ID_BITS);
}
