// `hash` of a text (docs/functions.md), from the published algorithm: which records `sample` keeps.

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const BLOCK_BYTES = 4;

/** 53 bits: 32 of the text's key, and 21 more of the key with U+0002 behind it. */
export function sampleHash(text: string): number {
  const key = `s${text}`;
  return Math.floor(murmur3(`${key}\u0002`) / 2 ** 11) * 2 ** 32 + murmur3(key);
}

/** MurmurHash3_x86_32 of the UTF-16LE bytes, seed 0 (A. Appleby, 2011). */
function murmur3(text: string): number {
  const bytes = Buffer.from(text, "utf16le");
  const tailAt = bytes.length - (bytes.length % BLOCK_BYTES);
  let h = 0;
  for (let i = 0; i < tailAt; i += BLOCK_BYTES) {
    h = rotated(h ^ scrambled(bytes.readUInt32LE(i)), 13);
    h = (Math.imul(h, 5) + 0xe6546b64) >>> 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= tailAt; i -= 1) tail = (tail << 8) | (bytes[i] ?? 0);
  h ^= tailAt < bytes.length ? scrambled(tail) : 0;
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function scrambled(block: number): number {
  return Math.imul(rotated(Math.imul(block, C1), 15), C2);
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
