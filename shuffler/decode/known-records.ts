// Records are alike: a like differs from the next in what its texts say, and in no head or name. Where all of these are
// as in a record that was checked, and the texts are ASCII as they were there, a check would find what it found then
// (speculation on structure: Li et al., "Mison", VLDB 2017).
//
//   a3 65 "$type" 72 "app.bsky.feed.like" 67 "subject" a2 63 "cid" 78 3b "bafy…" …
//   ‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾                      ‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾ compared; of the rest that it is ASCII

import { isAscii, wordsOf } from "../../bytes/words.ts";
import { CborCursor, MAJOR } from "../cbor/cursor.ts";
import { CID_DIGEST_AT, isCidAt } from "./cid.ts";

/** Layouts that are kept; a power of two. */
export const RECORD_LAYOUTS_MAX = 1024;
/** Bytes of a record; longer ones are hardly ever alike. */
export const RECORD_LAYOUT_BYTES_MAX = 2048;
/** Records in a row that are laid out otherwise before another layout takes a place where one was found. */
const PATIENCE = 16;
/** The same at most: twice as many each time that what took the place was not found in it. */
const PATIENCE_MAX = 4096;

const WORD_BYTES = 8;
const [ALL_BITS, NOT_ASCII] = [0xff, 0x80];

type Layout = {
  readonly length: number;
  /** Whether the keys of all its maps are in DAG-CBOR order. */
  readonly sorted: boolean;
  /** The words of the record; the last overlaps the one before it. */
  readonly words: BigInt64Array;
  /** The bits of them that have to be as they were. */
  readonly masks: BigInt64Array;
};

export class KnownRecords {
  readonly #layouts: (Layout | null)[] = Array.from({ length: RECORD_LAYOUTS_MAX }, () => null);
  /** For each place, how many in a row were laid out otherwise, and how many may be. */
  readonly #misses = new Int32Array(RECORD_LAYOUTS_MAX);
  readonly #patience = new Int32Array(RECORD_LAYOUTS_MAX);

  /** Whether the keys of a record are in order that is laid out as one before; null when none was. */
  find(record: Uint8Array): boolean | null {
    const place = placeOf(record);
    const layout = this.#layouts[place] ?? null;
    if (layout === null || !isLaidOut(record, layout)) return null;
    this.#misses[place] = 0;
    this.#patience[place] = PATIENCE;
    return layout.sorted;
  }

  /** Takes note of a record that was checked and `find` did not know, unless its place is better kept. */
  learn(record: Uint8Array, sorted: boolean): void {
    if (record.length < WORD_BYTES || record.length > RECORD_LAYOUT_BYTES_MAX) return;
    const place = placeOf(record);
    const misses = (this.#misses[place] ?? 0) + 1;
    const patience = this.#patience[place] ?? 0;
    this.#misses[place] = misses;
    if (misses <= patience) return;
    this.#misses[place] = 0;
    this.#patience[place] = Math.min(2 * patience + 1, PATIENCE_MAX);
    this.#layouts[place] = layoutOf(record, sorted);
  }
}

/** By length and the length of the first name. */
function placeOf(record: Uint8Array): number {
  return (record.length + 61 * (record[1] ?? 0)) & (RECORD_LAYOUTS_MAX - 1);
}

function isLaidOut(record: Uint8Array, { length, words, masks }: Layout): boolean {
  if (record.length !== length) return false;
  const memory = wordsOf(record);
  const last = words.length - 1;
  let at = record.byteOffset;
  for (let i = 0; i < last; i += 1) {
    if (BigInt.asIntN(64, memory.getBigInt64(at, true) & (masks[i] ?? 0n)) !== words[i])
      return false;
    at += WORD_BYTES;
  }
  at = record.byteOffset + length - WORD_BYTES;
  return BigInt.asIntN(64, memory.getBigInt64(at, true) & (masks[last] ?? 0n)) === words[last];
}

/** Null when it has a text that is not ASCII, which has to be looked at. @param record one that was checked */
function layoutOf(record: Uint8Array, sorted: boolean): Layout | null {
  const { length } = record;
  const bits = new Uint8Array(length).fill(ALL_BITS);
  if (!markItem(new CborCursor(record, "bad_record"), bits)) return null;
  const [memory, masks] = [wordsOf(record), new DataView(bits.buffer)];
  const starts = Array.from({ length: Math.ceil(length / WORD_BYTES) }, (_, i) =>
    Math.min(i * WORD_BYTES, length - WORD_BYTES),
  );
  return {
    length,
    sorted,
    words: BigInt64Array.from(
      starts,
      (at) => memory.getBigInt64(record.byteOffset + at, true) & masks.getBigInt64(at, true),
    ),
    masks: BigInt64Array.from(starts, (at) => masks.getBigInt64(at, true)),
  };
}

/** Marks what of the item that comes next may be otherwise. @returns whether its texts are ASCII */
function markItem(cursor: CborCursor, bits: Uint8Array): boolean {
  const major = cursor.head();
  const { argument, at } = cursor;
  const end = at + argument;
  switch (major) {
    case MAJOR.bytes:
      bits.fill(0, at, end);
      cursor.at = end;
      return true;
    case MAJOR.text:
      bits.fill(NOT_ASCII, at, end);
      cursor.at = end;
      return isAscii(cursor.bytes, at, end);
    case MAJOR.list:
      for (let i = 0; i < argument; i += 1) if (!markItem(cursor, bits)) return false;
      return true;
    case MAJOR.map:
      for (let i = 0; i < argument; i += 1) {
        cursor.textAt(); // A key stays as it is.
        if (!markItem(cursor, bits)) return false;
      }
      return true;
    case MAJOR.tag: {
      const cidAt = cursor.bytesAt() + 1;
      // What a CID begins with says how long it has to be.
      if (isCidAt(cursor.bytes, cidAt)) bits.fill(0, cidAt + CID_DIGEST_AT, cursor.at);
      return true;
    }
    default:
      return true;
  }
}
