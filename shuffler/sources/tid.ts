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

const TID_LENGTH = 13;

/** The TID of a time. @param clockId 0–1023, tells apart ids of one microsecond. */
export function tidOf(micros: number, clockId: number): string {
  let rest = (BigInt(micros) << CLOCK_ID_BITS) | BigInt(clockId);
  let tid = "";
  for (let place = 0; place < TID_LENGTH; place += 1) {
    tid = ALPHABET.charAt(Number(rest & 31n)) + tid;
    rest >>= 5n;
  }
  return tid;
}
