// Numbers keys by their bytes, so that a key seen before is neither decoded nor made into a text. Open
// addressing over typed arrays; the bytes of the keys stand one behind the other.
//
// Keys come from anybody: one that is not placed after PROBES_MAX stands in a Map, whose hash nobody knows,
// so who makes many keys of one hash gains nothing.

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
  /** By number: its hash, and where its bytes end. */
  #hashes = new Int32Array(SLOTS_START / 2);
  #ends = new Int32Array(SLOTS_START / 2);
  #bytes = new Uint8Array(BYTES_START);
  readonly #crowded = new Map<string, number>();

  /** How many keys there are: the number of the next. */
  get size(): number {
    return this.#size;
  }

  /** The number of the key that is `first` and the bytes from `start` to `end`. */
  find(first: number, bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(first, bytes, start, end);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let probe = 0; probe < PROBES_MAX; probe += 1) {
      const number = (slots[(hash + probe) & mask] ?? 0) - 1;
      if (number < 0) return NO_ENTRY;
      if (this.#hashes[number] === hash && this.#isKey(number, first, bytes, start, end)) {
        return number;
      }
    }
    if (this.#crowded.size === 0) return NO_ENTRY;
    return this.#crowded.get(crowdedKey(first, bytes, start, end)) ?? NO_ENTRY;
  }

  /** Gives the next number to a key that was not found. */
  add(first: number, bytes: Uint8Array, start: number, end: number): number {
    const number = this.#size;
    if (number * 2 >= this.#slots.length) this.#grow();
    const from = this.#startOf(number);
    this.#reserve(from + 1 + end - start);
    this.#bytes[from] = first;
    for (let i = start; i < end; i += 1) this.#bytes[from + 1 + i - start] = bytes[i] ?? 0;
    this.#hashes[number] = hashOf(first, bytes, start, end);
    this.#ends[number] = from + 1 + end - start;
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

  #isKey(number: number, first: number, bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.#bytes;
    let at = this.#startOf(number);
    if ((this.#ends[number] ?? 0) - at !== end - start + 1 || known[at] !== first) return false;
    for (let i = start; i < end; i += 1) {
      at += 1;
      if (known[at] !== bytes[i]) return false;
    }
    return true;
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0);
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1;
    const hash = this.#hashes[number] ?? 0;
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
    this.#hashes = enlarged(this.#hashes, length / 2);
    this.#ends = enlarged(this.#ends, length / 2);
    this.#crowded.clear();
    for (let number = 0; number < this.#size; number += 1) this.#place(number);
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Four bytes at a time; for tables in memory only. */
function hashOf(first: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = (end - start) ^ (first << 24);
  let i = start;
  for (; i + 3 < end; i += 4) {
    const low = (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8);
    const word = low | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function crowdedKey(first: number, bytes: Uint8Array, start: number, end: number): string {
  return `${first} ${Buffer.from(bytes.subarray(start, end)).toString("latin1")}`;
}

function enlarged(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(old);
  return larger;
}
