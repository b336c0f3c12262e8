// Runs of bytes that are known beforehand: heads and names as they follow one another in DAG-CBOR.

/** @param text one character a byte */
export function knownBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** Head of a text of so many bytes, up to 255. */
export function textHead(bytes: number): string {
  return bytes < 24 ? String.fromCharCode(0x60 + bytes) : `\x78${String.fromCharCode(bytes)}`;
}

/** Head of a link to a CID of atproto's form, which follows. */
export const LINK = "\xd8\x2a\x58\x25\x00";

/** Where `known` ends that stands in `bytes` at `at`; negative where it does not, or `at` is negative. */
export function endOfKnown(bytes: Uint8Array, at: number, known: Uint8Array): number {
  if (at < 0) return NOT_THERE;
  for (let i = 0; i < known.length; i += 1) if (bytes[at + i] !== known[i]) return NOT_THERE;
  return at + known.length;
}

const NOT_THERE = -1;
