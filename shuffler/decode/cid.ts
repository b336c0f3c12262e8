// CIDs as atproto uses them: version 1, DAG-CBOR or raw, SHA-256. Binary ones are 36 bytes.

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
const PREFIX_CODE = PREFIX.charCodeAt(0);
const CODES = Buffer.from(ALPHABET);
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

/** Multibase base32 (RFC 4648 lower case, no padding, prefix `b`) of a binary CID of any form. */
export function cidToString(cid: Uint8Array): string {
  const codes = Buffer.allocUnsafe(1 + Math.ceil((cid.length * 8) / 5));
  codes[0] = PREFIX_CODE;
  let length = 1;
  let bits = 0;
  let buffer = 0;
  for (const byte of cid) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) {
      codes[length] = CODES[(buffer >> (bits - 5)) & 31] ?? 0;
      length += 1;
    }
  }
  if (bits > 0) codes[length] = CODES[(buffer << (5 - bits)) & 31] ?? 0;
  return codes.toString("latin1");
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

/** Whether the binary CID stands in `bytes` at `at`; the digest's end differs first, so it is compared first. */
export function isThisCidAt(cid: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = cid.length - 1; i >= 0; i -= 1) if (cid[i] !== bytes[at + i]) return false;
  return true;
}
