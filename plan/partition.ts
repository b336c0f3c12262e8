// From a key to its partition: one hash, the same in every process and every release.

/** Partitions of the FIREHOSE stream unless it was created with another number. */
export const FIREHOSE_PARTITIONS_DEFAULT = 8;
/** Most partitions a stream, a stage or a topic may have (two digits in subjects). */
export const PARTITIONS_MAX = 100;

/**
 * The partition of `key` among `partitions`: MurmurHash3 (x86, 32 bit, seed 0; Appleby 2011) of its
 * UTF-16 code units as little-endian bytes, modulo `partitions`. Never change it: a key would move.
 */
export function partitionOf(key: string, partitions: number): number {
  return partitions === 1 ? 0 : hash32(key) % partitions;
}

/** MurmurHash3_x86_32 of the string's UTF-16LE bytes, as an unsigned 32-bit integer. */
export function hash32(key: string): number {
  let h = 0;
  const pairs = key.length & ~1;
  for (let i = 0; i < pairs; i += 2) {
    h ^= scramble(key.charCodeAt(i) | (key.charCodeAt(i + 1) << 16));
    h = Math.imul(rotateLeft(h, 13), 5) + 0xe6546b64;
  }
  if (key.length !== pairs) h ^= scramble(key.charCodeAt(pairs));
  return finalize(h ^ (key.length * 2));
}

/**
 * `hash32` of the character `first` and the ASCII text in `bytes` from `start` to `end`, from the bytes;
 * null when they are not ASCII.
 */
export function hash32OfAscii(
  first: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number | null {
  let h = 0;
  let low = first;
  let seen = first;
  for (let at = start; at < end; at += 2) {
    const high = bytes[at] ?? 0;
    h ^= scramble(low | (high << 16));
    h = Math.imul(rotateLeft(h, 13), 5) + 0xe6546b64;
    low = at + 1 < end ? (bytes[at + 1] ?? 0) : 0;
    seen |= high | low;
  }
  if (seen > 0x7f) return null;
  const units = end - start + 1;
  if (units % 2 === 1) h ^= scramble(low);
  return finalize(h ^ (units * 2));
}

function scramble(block: number): number {
  return Math.imul(rotateLeft(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function finalize(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
