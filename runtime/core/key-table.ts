// Numbers keys by their bytes, so that a key seen before is neither decoded nor made into a text. Open
// addressing over typed arrays; the bytes of the keys stand one behind the other.
//
// Keys come from anybody: one that is not placed after PROBES_MAX stands in a Map, whose hash nobody knows,
// so who makes many keys of one hash gains nothing.

import { copyWords, sameWords, wordsOf } from "../../bytes/words.ts";

const SLOTS_START = 64;
const BYTES_START = 2048;
const PROBES_MAX = 16;

/** What a slot says of its key, side by side since all of it is wanted at once. */
const SLOT = {
  /** Counted from 1; 0 is free. */
  number: 0,
  hash: 1,
  /** Where its bytes stand, of which the first is not among those that are looked for. */
  start: 2,
  end: 3,
  /** How many parts there are. */
  parts: 4,
} as const;

/** A method of Buffer that works on any bytes; its types leave it out. */
const { utf8Slice } = Buffer.prototype as unknown as {
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string;
};

/** What `find` answers for a key that has no number. */
export const NO_ENTRY = -1;
const NO_SLOT = -1;

export class KeyTable {
  #size = 0;
  /** A power of two, at most half of them taken. */
  #slots = new Int32Array(SLOTS_START * SLOT.parts);
  #mask = SLOTS_START - 1;
  /** By number: where its bytes end. */
  #ends = new Int32Array(SLOTS_START / 2);
  #bytes = new Uint8Array(BYTES_START);
  #words: DataView = new DataView(this.#bytes.buffer);
  readonly #crowded = new Map<string, number>();
  /** Of the keys in hand: hashes. */
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
    return this.#find(hash, first, words, base + start, base + end);
  }

  /**
   * As `find`, of `count` keys that all begin with `first`. A table is larger than any cache: taken step by step, in
   * loops so short that the processor is in many turns of them at once, the keys wait for memory together and not one
   * after the other (Kocberber et al., "Asynchronous Memory Access Chaining", VLDB 2015).
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
    if (this.#hashes.length < count) this.#hashes = new Int32Array(numbers.length);
    const hashes = this.#hashes;
    for (let i = 0; i < count; i += 1) {
      hashes[i] = hashOf(first, words, base + (starts[i] ?? 0), base + (ends[i] ?? 0));
    }
    const likely = numbers; // Slots, until the last step.
    for (let i = 0; i < count; i += 1) {
      const slot = this.#slotOf(hashes[i] ?? 0, 0);
      const isLikely = slots[slot] !== 0 && slots[slot + SLOT.hash] === hashes[i];
      likely[i] = isLikely ? slot : NO_SLOT;
    }
    const known = this.#bytes;
    for (let i = 0; i < count; i += 1) {
      const slot = likely[i] ?? NO_SLOT;
      if (slot === NO_SLOT) continue;
      const head = known[slots[slot + SLOT.start] ?? 0];
      const last = known[(slots[slot + SLOT.end] ?? 0) - 1];
      if (head !== first || last !== bytes[(ends[i] ?? 0) - 1]) likely[i] = NO_SLOT;
    }
    for (let i = 0; i < count; i += 1) {
      const slot = likely[i] ?? NO_SLOT;
      const [start, end] = [base + (starts[i] ?? 0), base + (ends[i] ?? 0)];
      const isIt = slot !== NO_SLOT && this.#isIn(slot, first, words, start, end);
      numbers[i] = isIt
        ? (slots[slot] ?? 0) - 1
        : this.#find(hashes[i] ?? 0, first, words, start, end);
    }
  }

  /** Gives the next number to a key that was not found. */
  add(first: number, bytes: Uint8Array, start: number, end: number): number {
    const number = this.#size;
    if (number * 2 > this.#mask) this.#grow();
    const from = this.#startOf(number);
    const to = from + 1 + end - start;
    this.#reserve(to);
    this.#bytes[from] = first;
    const words = wordsOf(bytes);
    const base = bytes.byteOffset;
    copyWords(words, base + start, base + end, this.#words, from + 1);
    this.#ends[number] = to;
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
    return utf8Slice.call(this.#bytes, this.#startOf(number), (this.#ends[number] ?? 0) - cut);
  }

  /** The bytes of a key; good until the next `add`. */
  key(number: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(number), this.#ends[number]);
  }

  /** @param start in `words`, as `end` */
  #find(hash: number, first: number, words: DataView, start: number, end: number): number {
    const slots = this.#slots;
    for (let probe = 0; probe < PROBES_MAX; probe += 1) {
      const slot = this.#slotOf(hash, probe);
      const number = (slots[slot] ?? 0) - 1;
      if (number < 0) return NO_ENTRY;
      if (slots[slot + SLOT.hash] !== hash) continue;
      if (this.#isIn(slot, first, words, start, end)) return number;
    }
    if (this.#crowded.size === 0) return NO_ENTRY;
    const bytes = new Uint8Array(words.buffer, start, end - start);
    return this.#crowded.get(crowdedKey(first, bytes, 0, bytes.length)) ?? NO_ENTRY;
  }

  /** Where in `#slots` the slot begins that a key stands in after so many others. */
  #slotOf(hash: number, probe: number): number {
    return ((hash + probe) & this.#mask) * SLOT.parts;
  }

  /** Whether a slot has the key that is `first` and what stands in `words` from `start` to `end`. */
  #isIn(slot: number, first: number, words: DataView, start: number, end: number): boolean {
    const slots = this.#slots;
    const at = slots[slot + SLOT.start] ?? 0;
    if ((slots[slot + SLOT.end] ?? 0) - at !== end - start + 1) return false;
    const known = this.#words;
    if (known.getUint8(at) !== first) return false;
    return sameWords(words, start, end, known, at + 1);
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0);
  }

  #place(number: number): void {
    const start = this.#startOf(number);
    const end = this.#ends[number] ?? 0;
    const first = this.#bytes[start] ?? 0;
    this.#put(number, hashOf(first, this.#words, start + 1, end), start, end);
  }

  #put(number: number, hash: number, start: number, end: number): void {
    const slots = this.#slots;
    for (let probe = 0; probe < PROBES_MAX; probe += 1) {
      const slot = this.#slotOf(hash, probe);
      if (slots[slot] !== 0) continue;
      slots[slot] = number + 1;
      slots[slot + SLOT.hash] = hash;
      slots[slot + SLOT.start] = start;
      slots[slot + SLOT.end] = end;
      return;
    }
    this.#crowded.set(crowdedKey(this.#bytes[start] ?? 0, this.#bytes, start + 1, end), number);
  }

  #grow(): void {
    const old = this.#slots;
    const crowded = [...this.#crowded.values()];
    const count = 2 * (this.#mask + 1);
    this.#slots = new Int32Array(count * SLOT.parts);
    this.#mask = count - 1;
    const ends = new Int32Array(count / 2);
    ends.set(this.#ends);
    this.#ends = ends;
    this.#crowded.clear();
    for (let slot = 0; slot < old.length; slot += SLOT.parts) {
      const number = (old[slot] ?? 0) - 1;
      if (number < 0) continue;
      const [start, end] = [old[slot + SLOT.start] ?? 0, old[slot + SLOT.end] ?? 0];
      this.#put(number, old[slot + SLOT.hash] ?? 0, start, end);
    }
    for (const number of crowded) this.#place(number);
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#words = new DataView(larger.buffer);
  }
}

/** Two words at a time, of which the last overlap those before; for tables in memory only. */
function hashOf(first: number, words: DataView, start: number, end: number): number {
  let hash = (end - start) ^ (first << 24);
  let other = 0;
  const last = end - 8;
  if (last >= start) {
    for (let i = start; i < last; i += 8) {
      hash = Math.imul(hash ^ words.getInt32(i, true), 0x9e3779b1);
      other = Math.imul(other ^ words.getInt32(i + 4, true), 0xc2b2ae35);
      hash ^= hash >>> 15;
      other ^= other >>> 13;
    }
    hash = Math.imul(hash ^ words.getInt32(last, true), 0x9e3779b1);
    other = Math.imul(other ^ words.getInt32(last + 4, true), 0xc2b2ae35);
  } else {
    for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ words.getUint8(i), 0x01000193);
  }
  hash ^= (hash >>> 15) ^ Math.imul(other ^ (other >>> 16), 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function crowdedKey(first: number, bytes: Uint8Array, start: number, end: number): string {
  return `${first} ${Buffer.from(bytes.subarray(start, end)).toString("latin1")}`;
}
