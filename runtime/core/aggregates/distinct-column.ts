// The exact `distinct` of many groups: one table of all their values, so that a group with few costs little, and a
// value that was seen before is neither decoded nor made into a text.
//
//   entry: [canonical key of the value][number of the set, 4 bytes]

import { copyWords, isAscii, wordsOf } from "../../../bytes/words.ts";
import { canonicalKey, TEXT_KEY, type Value } from "../../eval/values.ts";
import { KeyTable, NO_ENTRY } from "../key-table.ts";
import { listOf } from "./accumulator.ts";
import type { Column } from "./column.ts";

const START = 64;
const KEY_BYTES_START = 256;
const SET_BYTES = 4;

export class DistinctColumn implements Column {
  readonly #cap: number;
  readonly #table = new KeyTable();
  /** By entry: the one that its set got before it. */
  #before = new Int32Array(START);
  /** By group: its set, the last entry of that, and how many it has. */
  #sets = new Int32Array(START);
  #last = new Int32Array(START);
  #counts = new Int32Array(START);
  #setCount = 0;
  #key = new Uint8Array(KEY_BYTES_START);
  /** Over `#key`. */
  #words = new DataView(this.#key.buffer);

  /** @param cap how many values of a group are told apart */
  constructor(cap: number) {
    this.#cap = cap;
  }

  create(group: number): void {
    if (group === this.#sets.length) {
      this.#sets = doubled(this.#sets);
      this.#last = doubled(this.#last);
      this.#counts = doubled(this.#counts);
    }
    this.#sets[group] = this.#setCount;
    this.#setCount += 1;
    this.#last[group] = NO_ENTRY;
    this.#counts[group] = 0;
  }

  add(group: number, value: Value): void {
    this.#addKey(group, Buffer.from(canonicalKey([value])));
  }

  addText(group: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#isFull(group)) return true;
    const length = this.#writeKey(group, bytes, start, end);
    if (this.#table.find(TEXT_KEY, this.#key, 0, length) !== NO_ENTRY) return true;
    // Text that is not UTF-8 would read as another one.
    if (!isAscii(bytes, start, end)) return false;
    this.#append(group, TEXT_KEY, length);
    return true;
  }

  merge(group: number, other: this, from: number): void {
    for (const entry of other.#entries(from)) {
      const key = other.#table.key(entry);
      this.#addKey(group, key.subarray(0, key.length - SET_BYTES));
    }
  }

  mergeSaved(group: number, saved: Value): void {
    for (const key of listOf(saved))
      if (typeof key === "string") this.#addKey(group, Buffer.from(key));
  }

  result(group: number): Value {
    return this.#counts[group] ?? 0;
  }

  save(group: number): Value {
    return this.#entries(group).map((entry) => this.#table.text(entry, SET_BYTES));
  }

  /** What is saved later holds all that was saved before, so nothing need be taken back. */
  restore(group: number, saved: Value): void {
    this.mergeSaved(group, saved);
  }

  #isFull(group: number): boolean {
    return (this.#counts[group] ?? 0) >= this.#cap;
  }

  /** The entries of a group in the order they came. */
  #entries(group: number): number[] {
    const entries: number[] = [];
    let entry = this.#last[group] ?? NO_ENTRY;
    while (entry !== NO_ENTRY) {
      entries.push(entry);
      entry = this.#before[entry] ?? NO_ENTRY;
    }
    return entries.reverse();
  }

  #addKey(group: number, key: Uint8Array): void {
    if (this.#isFull(group)) return;
    const first = key[0] ?? 0;
    const length = this.#writeKey(group, key, 1, key.length);
    if (this.#table.find(first, this.#key, 0, length) === NO_ENTRY) {
      this.#append(group, first, length);
    }
  }

  /** Writes the key of an entry but for its first byte, and gives its length. */
  #writeKey(group: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start + SET_BYTES;
    if (length > this.#key.length) {
      this.#key = new Uint8Array(2 * length);
      this.#words = new DataView(this.#key.buffer);
    }
    const base = bytes.byteOffset;
    copyWords(wordsOf(bytes), base + start, base + end, this.#words, 0);
    this.#words.setInt32(end - start, this.#sets[group] ?? 0, true);
    return length;
  }

  #append(group: number, first: number, length: number): void {
    const entry = this.#table.add(first, this.#key, 0, length);
    if (entry === this.#before.length) this.#before = doubled(this.#before);
    this.#before[entry] = this.#last[group] ?? NO_ENTRY;
    this.#last[group] = entry;
    this.#counts[group] = (this.#counts[group] ?? 0) + 1;
  }
}

function doubled(old: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(old.length * 2);
  larger.set(old);
  return larger;
}
