// Finds what belongs to a key by the key's bytes, so that a key seen before is neither decoded nor made into
// a text. Open addressing over typed arrays; the bytes of the keys stand one behind the other.
//
// Keys come from anybody: who makes many of one hash gets no more than a slow answer, because a search gives
// up after PROBES_MAX. It is a cache in front of a Map, and may forget.

const SLOTS_START = 64;
const BYTES_START = 4096;
const PROBES_MAX = 16;

export class KeyTable<T> {
  readonly #values: T[] = [];
  /** By slot: the entry's number, counted from 1; 0 is free. A power of two, at most half of them taken. */
  #slots = new Int32Array(SLOTS_START);
  /** By entry: its hash, and where its bytes end. */
  #hashes = new Int32Array(SLOTS_START);
  #ends = new Int32Array(SLOTS_START);
  #bytes = new Uint8Array(BYTES_START);

  /** What was added under the key in `bytes` from `start` to `end`; undefined when it is not known. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): T | undefined {
    const mask = this.#slots.length - 1;
    for (let probe = 0; probe < PROBES_MAX; probe += 1) {
      const entry = this.#slots[(hash + probe) & mask] ?? 0;
      if (entry === 0) return undefined;
      if (this.#hashes[entry - 1] === hash && this.#isKey(entry - 1, bytes, start, end)) {
        return this.#values[entry - 1];
      }
    }
    return undefined;
  }

  /** Adds a key that was not found. */
  add(bytes: Uint8Array, start: number, end: number, hash: number, value: T): void {
    const entry = this.#values.length;
    if (entry * 2 >= this.#slots.length) this.#grow();
    if (!this.#place(entry, hash)) return;
    const from = this.#startOf(entry);
    this.#reserve(from + end - start);
    for (let i = start; i < end; i += 1) this.#bytes[from + i - start] = bytes[i] ?? 0;
    this.#hashes[entry] = hash;
    this.#ends[entry] = from + end - start;
    this.#values.push(value);
  }

  #isKey(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#startOf(entry);
    if ((this.#ends[entry] ?? 0) - from !== end - start) return false;
    const known = this.#bytes;
    for (let i = start, at = from; i < end; i += 1, at += 1) {
      if (known[at] !== bytes[i]) return false;
    }
    return true;
  }

  #startOf(entry: number): number {
    return entry === 0 ? 0 : (this.#ends[entry - 1] ?? 0);
  }

  #place(entry: number, hash: number): boolean {
    const mask = this.#slots.length - 1;
    for (let probe = 0; probe < PROBES_MAX; probe += 1) {
      const slot = (hash + probe) & mask;
      if (this.#slots[slot] !== 0) continue;
      this.#slots[slot] = entry + 1;
      return true;
    }
    return false;
  }

  #grow(): void {
    const length = this.#slots.length * 2;
    this.#slots = new Int32Array(length);
    this.#hashes = enlarged(this.#hashes, length);
    this.#ends = enlarged(this.#ends, length);
    for (let entry = 0; entry < this.#values.length; entry += 1) {
      this.#place(entry, this.#hashes[entry] ?? 0);
    }
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** A hash of bytes, for tables in memory only. */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}

function enlarged(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(old);
  return larger;
}
