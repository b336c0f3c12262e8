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
    h = mixed(h, key.charCodeAt(i) | (key.charCodeAt(i + 1) << 16));
  }
  if (key.length !== pairs) h ^= scramble(key.charCodeAt(pairs));
  return finalize(h ^ (key.length * 2));
}

/**
 * `hash32` of the character `first` and the ASCII text that stands in `words` from `start` to `end`; null when it is
 * not ASCII.
 */
export function hash32OfAscii(
  first: number,
  words: DataView,
  start: number,
  end: number,
): number | null {
  const units = end - start + 1;
  if (units === 1) return finalize(scramble(first) ^ 2);
  let seen = words.getUint8(start);
  let h = mixed(0, first | (seen << 16));
  let at = start + 1;
  for (; at + 3 < end; at += 4) {
    const word = words.getInt32(at, true);
    seen |= word;
    h = mixed(h, (word & 0xff) | ((word & 0xff00) << 8));
    h = mixed(h, ((word >>> 16) & 0xff) | ((word >>> 8) & 0xff0000));
  }
  for (; at + 1 < end; at += 2) {
    const pair = words.getUint16(at, true);
    seen |= pair;
    h = mixed(h, (pair & 0xff) | ((pair & 0xff00) << 8));
  }
  if (at < end) {
    seen |= words.getUint8(at);
    h ^= scramble(words.getUint8(at));
  }
  return (seen & NOT_ASCII) === 0 ? finalize(h ^ (units * 2)) : null;
}

/** The bits of four bytes that ASCII does not use. */
const NOT_ASCII = 0x80808080;

function mixed(hash: number, block: number): number {
  return (Math.imul(rotateLeft(hash ^ scramble(block), 13), 5) + 0xe6546b64) | 0;
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
