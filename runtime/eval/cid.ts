// CIDs between their two forms: bytes behind CBOR tag 42, and text in multibase base32.

import { EvaluationError } from "./eval-error.ts";

/** RFC 4648 base32, lower case, without padding: multibase prefix `b`. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const DIGIT = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i += 1) DIGIT[ALPHABET.charCodeAt(i)] = i;

/** The text form of the binary CID in `bytes` from `start` to `end`. */
export function cidText(bytes: Uint8Array, start: number, end: number): string {
  let text = "b";
  let bits = 0;
  let buffer = 0;
  for (let i = start; i < end; i += 1) {
    buffer = (buffer << 8) | (bytes[i] ?? 0);
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(buffer >> (bits - 5)) & 31];
    buffer &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(buffer << (5 - bits)) & 31];
}

/** The binary form of a CID in base32. @throws EvaluationError when it is not one. */
export function cidBytes(cid: string): Uint8Array {
  if (!cid.startsWith("b")) throw new EvaluationError("invalid CID", cid);
  const bytes = new Uint8Array(((cid.length - 1) * 5) >> 3);
  let at = 0;
  let bits = 0;
  let buffer = 0;
  for (let i = 1; i < cid.length; i += 1) {
    const digit = DIGIT[cid.charCodeAt(i)] ?? -1;
    if (digit < 0) throw new EvaluationError("invalid CID", cid);
    buffer = (buffer << 5) | digit;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = buffer >> bits;
    at += 1;
    buffer &= (1 << bits) - 1;
  }
  return bytes;
}
