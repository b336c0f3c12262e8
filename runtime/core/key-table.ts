// Numbers keys by their bytes, so that a key seen before is neither decoded nor made into a text. Open
// addressing over typed arrays; the bytes of the keys stand one behind the other.
//
// Keys come from anybody: one that is not placed after PROBES_MAX stands in a Map, whose hash nobody knows,
// so who makes many keys of one hash gains nothing.

import { copyWords, wordsOf } from "../eval/words.ts";

const SLOTS_START = 64;
const BYTES_START = 2048;
const PROBES_MAX = 16;

/** A method of Buffer that works on any bytes; its types leave it out. */
const { utf8Slice } = Buffer.prototype as unknown as {
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string;
};

/** What `find` answers for a key that has no number. */
export const NO_ENTRY = -1;

export class KeyTable {
  #size = 0;
  /** By slot: the key's number, counted from 1; 0 is free. A power of two, at most half of them taken. */
  #slots = new Int32Array(SLOTS_START);
  /** By number, side by side since both are wanted at once: its hash, and where its bytes end. */
  #entries = new Int32Array(SLOTS_START);
  #bytes = new Uint8Array(BYTES_START);
  #words: DataView = new DataView(this.#bytes.buffer);
  readonly #crowded = new Map<string, number>();
  /** Of the keys in hand. */
  #hashes = new Int32Array();

  /** How many keys there are: the number of the next. */
  get size(): number {
    return this.#size;
  }

  /** The number of the key that is `first` and the bytes from `start` to `end`. */
  find(first: number, bytes: Uint8Array, start: number, end: number): number {
    const words = wordsOf(bytes);
    const base = bytes.byteOffset;
    const hash = hashOf(first, words, base + start, base + end);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let probe = 0; probe < PROBES_MAX; probe += 1) {
      const number = (slots[(hash + probe) & mask] ?? 0) - 1;
      if (number < 0) return NO_ENTRY;
      if (this.#entries[2 * number] !== hash) continue;
      if (this.#isKey(number, first, words, base + start, base + end)) return number;
    }
    if (this.#crowded.size === 0) return NO_ENTRY;
    return this.#crowded.get(crowdedKey(first, bytes, start, end)) ?? NO_ENTRY;
  }

  /**
   * As `find`, of `count` keys that all begin with `first`: their numbers, `NO_ENTRY` also where one had to be looked
   * for further. A table is larger than any cache; taken step by step, the keys wait for memory together and not
   * one after the other (Kocberber et al., "Asynchronous Memory Access Chaining", VLDB 2015).
   */
  findAll(
    first: number,
    bytes: Uint8Array,
    { starts, ends }: { readonly starts: Int32Array; readonly ends: Int32Array },
    count: number,
    numbers: Int32Array,
  ): void {
    const words = wordsOf(bytes);
    const base = bytes.byteOffset;
    const slots = this.#slots;
    const mask = slots.length - 1;
    if (this.#hashes.length < count) this.#hashes = new Int32Array(numbers.length);
    const hashes = this.#hashes;
    for (let i = 0; i < count; i += 1) {
      const hash = hashOf(first, words, base + (starts[i] ?? 0), base + (ends[i] ?? 0));
      hashes[i] = hash;
      numbers[i] = (slots[hash & mask] ?? 0) - 1;
    }
    const entries = this.#entries;
    for (let i = 0; i < count; i += 1) {
      const number = numbers[i] ?? NO_ENTRY;
      if (number >= 0 && entries[2 * number] !== hashes[i]) numbers[i] = NO_ENTRY;
    }
    for (let i = 0; i < count; i += 1) {
      const number = numbers[i] ?? NO_ENTRY;
      if (number < 0) continue;
      const [start, end] = [base + (starts[i] ?? 0), base + (ends[i] ?? 0)];
      if (!this.#isKey(number, first, words, start, end)) numbers[i] = NO_ENTRY;
    }
  }

  /** Gives the next number to a key that was not found. */
  add(first: number, bytes: Uint8Array, start: number, end: number): number {
    const number = this.#size;
    if (number * 2 >= this.#slots.length) this.#grow();
    const from = this.#startOf(number);
    this.#reserve(from + 1 + end - start);
    this.#bytes[from] = first;
    const words = wordsOf(bytes);
    const base = bytes.byteOffset;
    copyWords(words, base + start, base + end, this.#words, from + 1);
    this.#entries[2 * number] = hashOf(first, words, base + start, base + end);
    this.#entries[2 * number + 1] = from + 1 + end - start;
    this.#size += 1;
    this.#place(number);
    return number;
  }

  /** Forgets all keys, and keeps the room they took. */
  clear(): void {
    this.#size = 0;
    this.#slots.fill(0);
    this.#crowded.clear();
  }

  /** A key as text, without the last `cut` bytes. */
  text(number: number, cut = 0): string {
    return utf8Slice.call(this.#bytes, this.#startOf(number), this.#endOf(number) - cut);
  }

  /** The bytes of a key; good until the next `add`. */
  key(number: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(number), this.#endOf(number));
  }

  /** @param start in `words`, as `end` */
  #isKey(number: number, first: number, words: DataView, start: number, end: number): boolean {
    let at = this.#startOf(number);
    if (this.#endOf(number) - at !== end - start + 1 || this.#bytes[at] !== first) return false;
    const known = this.#words;
    at += 1;
    let i = start;
    for (; i + 3 < end; i += 4) {
      if (known.getInt32(at, true) !== words.getInt32(i, true)) return false;
      at += 4;
    }
    for (; i < end; i += 1) {
      if (known.getUint8(at) !== words.getUint8(i)) return false;
      at += 1;
    }
    return true;
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : (this.#entries[2 * number - 1] ?? 0);
  }

  #endOf(number: number): number {
    return this.#entries[2 * number + 1] ?? 0;
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1;
    const hash = this.#entries[2 * number] ?? 0;
    for (let probe = 0; probe < PROBES_MAX; probe += 1) {
      const slot = (hash + probe) & mask;
      if (this.#slots[slot] !== 0) continue;
      this.#slots[slot] = number + 1;
      return;
    }
    const [first = 0, ...rest] = this.key(number);
    this.#crowded.set(crowdedKey(first, Uint8Array.from(rest), 0, rest.length), number);
  }

  #grow(): void {
    const length = this.#slots.length * 2;
    this.#slots = new Int32Array(length);
    const entries = new Int32Array(length);
    entries.set(this.#entries);
    this.#entries = entries;
    this.#crowded.clear();
    for (let number = 0; number < this.#size; number += 1) this.#place(number);
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#words = new DataView(larger.buffer);
  }
}

/** Four bytes at a time; for tables in memory only. */
function hashOf(first: number, words: DataView, start: number, end: number): number {
  let hash = (end - start) ^ (first << 24);
  let i = start;
  for (; i + 3 < end; i += 4) {
    hash = Math.imul(hash ^ words.getInt32(i, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < end; i += 1) hash = Math.imul(hash ^ words.getUint8(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function crowdedKey(first: number, bytes: Uint8Array, start: number, end: number): string {
  return `${first} ${Buffer.from(bytes.subarray(start, end)).toString("latin1")}`;
}
