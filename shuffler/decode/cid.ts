// CIDs as atproto uses them: version 1, DAG-CBOR or raw, SHA-256. Binary ones are 36 bytes.

import { latin1At } from "../cbor/latin1.ts";

/** Bytes of a binary CID of atproto's form. */
export const CID_BYTES = 36;

const DAG_CBOR = 0x71;
const RAW = 0x55;
const SHA256 = 0x12;
const SHA256_BYTES = 32;
/** Offset of the digest in a binary CID. */
export const CID_DIGEST_AT = CID_BYTES - SHA256_BYTES;

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const PREFIX = "b";
const VALUES = new Map(Array.from(ALPHABET, (char, value) => [char, value]));

/** Whether a CID of atproto's form starts at `at`. */
export function isCidAt(bytes: Uint8Array, at: number): boolean {
  return (
    at + CID_BYTES <= bytes.length &&
    bytes[at] === 1 &&
    (bytes[at + 1] === DAG_CBOR || bytes[at + 1] === RAW) &&
    bytes[at + 2] === SHA256 &&
    bytes[at + 3] === SHA256_BYTES
  );
}

/**
 * Whether the bytes from `start` to `end` are one whole CID: version 1 of any codec and hash, with a digest as long as it
 * says, or version 0. A record may link to what is no block of a repo.
 */
export function isWholeCid(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === SHA256 && bytes[start + 1] === SHA256_BYTES) {
    return end - start === 2 + SHA256_BYTES;
  }
  if (bytes[start] !== 1) return false;
  const hashAt = endOfVarint(bytes, start + 1, end);
  const lengthAt = endOfVarint(bytes, hashAt, end);
  // A digest that needs more than one byte for its length is no hash's.
  return lengthAt < end && lengthAt + 1 + (bytes[lengthAt] ?? 0) === end && end - lengthAt <= 0x80;
}

/** Of a codec's or a hash's number. @returns where it ends; `end` when it does not, or is longer than it need be */
function endOfVarint(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end && at < start + VARINT_BYTES_MAX; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) return byte === 0 && at > start ? end : at + 1;
  }
  return end;
}

/** As the multiformats specification has it (63 bits). */
const VARINT_BYTES_MAX = 9;

/** The binary CID of DAG-CBOR with this SHA-256 digest. */
export function cidOfDigest(digest: Uint8Array): Uint8Array {
  return Uint8Array.from([1, DAG_CBOR, SHA256, SHA256_BYTES, ...digest]);
}

/** The two characters that ten bits are written as, side by side. */
const PAIRS = pairsOf(ALPHABET);
/** Bytes that make up whole pairs, and the characters of them. */
const GROUP_BYTES = 5;
const GROUP_CHARS = 8;

type Scratch = { readonly words: DataView /** The same memory. */; readonly chars: Buffer };

/** What a CID of atproto's form is written in: nothing is allocated for it but the text. */
const scratch = newScratch(CID_BYTES);

/**
 * Multibase base32 (RFC 4648 lower case, no padding, prefix `b`) of the binary CID, of any form, that is in
 * `bytes` from `start` to `end`.
 */
export function cidToString(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const length = end - start;
  const { words, chars } = length <= CID_BYTES ? scratch : newScratch(length);
  writeCidText(words, 0, bytes, start, end);
  return latin1At(chars, 0, textLength(length));
}

/** Characters of the text of a CID of atproto's form, and room to write it in. */
export const CID_CHARS = textLength(CID_BYTES);
export const CID_ROOM = textRoom(CID_BYTES);

/** Writes the text of `cidToString` at `at`, and zeros up to the end of its last group. */
export function writeCidText(
  words: DataView,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  words.setUint8(at, PREFIX.charCodeAt(0));
  let into = at + 1;
  let group = start;
  for (; group + GROUP_BYTES <= end; group += GROUP_BYTES) {
    writeGroup(words, into, bytes, group);
    into += GROUP_CHARS;
  }
  if (group < end) writeGroup(words, into, padded(bytes, group, end), 0);
}

function writeGroup(words: DataView, into: number, bytes: Uint8Array, at: number): void {
  const middle = bytes[at + 2] ?? 0;
  const high = ((bytes[at] ?? 0) << 12) | ((bytes[at + 1] ?? 0) << 4) | (middle >> 4);
  const low = ((middle & 15) << 16) | ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
  words.setUint16(into, PAIRS[high >> 10] ?? 0, true);
  words.setUint16(into + 2, PAIRS[high & 1023] ?? 0, true);
  words.setUint16(into + 4, PAIRS[low >> 10] ?? 0, true);
  words.setUint16(into + 6, PAIRS[low & 1023] ?? 0, true);
}

const lastGroup = new Uint8Array(GROUP_BYTES);

/** What is left of the last group, with zeros behind it: base32 pads the bits of its last character so. */
function padded(bytes: Uint8Array, start: number, end: number): Uint8Array {
  for (let i = 0; i < GROUP_BYTES; i += 1)
    lastGroup[i] = start + i < end ? (bytes[start + i] ?? 0) : 0;
  return lastGroup;
}

function newScratch(bytes: number): Scratch {
  const chars = Buffer.alloc(textRoom(bytes));
  return { words: new DataView(chars.buffer, chars.byteOffset, chars.length), chars };
}

function textLength(bytes: number): number {
  return PREFIX.length + Math.ceil((bytes * 8) / 5);
}

function textRoom(bytes: number): number {
  return PREFIX.length + Math.ceil(bytes / GROUP_BYTES) * GROUP_CHARS;
}

/** As they are written by the word, low byte first. */
function pairsOf(alphabet: string): Uint16Array {
  return Uint16Array.from(
    { length: 1024 },
    (_, i) => alphabet.charCodeAt(i >> 5) | (alphabet.charCodeAt(i & 31) << 8),
  );
}

/** The inverse of `cidToString`; null when `text` is not lower-case base32 with prefix `b`. */
export function cidFromString(text: string): Uint8Array | null {
  if (!text.startsWith(PREFIX)) return null;
  const cid = new Uint8Array(Math.floor(((text.length - 1) * 5) / 8));
  let bits = 0;
  let buffer = 0;
  let at = 0;
  for (let i = 1; i < text.length; i += 1) {
    const value = VALUES.get(text.charAt(i));
    if (value === undefined) return null;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      cid[at] = buffer >> bits;
      at += 1;
    }
  }
  return (buffer & ((1 << bits) - 1)) === 0 ? cid : null;
}

/** Whether two binary CIDs are the same. */
export function sameCid(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && isThisCidAt(a, b, 0);
}

/** Whether the binary CID stands in `bytes` at `at`. */
export function isThisCidAt(cid: Uint8Array, bytes: Uint8Array, at: number): boolean {
  return isSameAt(cid, 0, bytes, at, cid.length);
}

/** Whether so many bytes are the same in both places. CIDs differ in the digest, so its end is compared first. */
export function isSameAt(
  a: Uint8Array,
  aAt: number,
  b: Uint8Array,
  bAt: number,
  length: number,
): boolean {
  for (let i = length - 1; i >= 0; i -= 1) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}
