// Commits are alike: those of one length mostly have the same names and heads at the same places, and differ in what
// their texts say. Where everything that a walk looks at is as it was in an earlier event, the walk would find what it
// found then, and need not be done (speculation on structure: Li et al., "Mison", VLDB 2017).
//
//   ab 62 "op" 66 "create" 63 "cid" 78 3b "bafy…" 63 "did" 78 20 "did:plc:…" …
//   ‾‾‾‾‾‾‾‾‾‾‾‾‾          ‾‾‾‾‾‾‾‾‾‾‾‾‾‾         ‾‾‾‾‾‾‾‾‾‾‾‾‾‾               compared; the rest is content

import { wordsOf } from "../../../bytes/words.ts";
import { MAJOR, TAG_LINK } from "../cbor-encode.ts";
import { MalformedPayload } from "../eval-error.ts";
import { argumentAt, checkContainer, checkedEnd, headEnd, skipItem } from "./skip.ts";

/** Layouts that are kept, by length of the event; a power of two. */
export const LAYOUTS_MAX = 64;
/** Bytes of an event; longer ones are hardly ever alike. */
export const LAYOUT_BYTES_MAX = 2048;
/** Of so many events in a row half must be laid out as one before; else so many times as many are not looked at. */
const ROUND_EVENTS = 1024;
const PASSED_ROUNDS = 32;
/** Learning one takes as long as twenty walks: so many a round, on average. */
const LEARNED_PER_ROUND = 4;

/** A head, and the byte 0 that a link begins with. */
const LINK_HEAD_BYTES_MAX = 10;

/** Where the items stand that somebody wants, by slot. */
export type Places = { readonly starts: Int32Array; readonly ends: Int32Array };

/** What of an event a walk takes otherwise than the rest: slots. */
export type Walk = {
  /** Numbers that may be others. */
  readonly numbers: readonly number[];
  /** Texts that may not. */
  readonly texts: readonly number[];
  /** What stands in a byte string that was looked into, if one was. */
  readonly embedded: number | null;
};

/** What has to be at some places: eight, four, and single bytes. */
type Comparisons = {
  readonly longsAt: Int32Array;
  readonly longs: BigInt64Array;
  readonly wordsAt: Int32Array;
  readonly words: Int32Array;
  readonly bytesAt: Int32Array;
  readonly bytes: Uint8Array;
};

type Layout = Comparisons & { readonly length: number; readonly places: Places };

export class KnownLayouts {
  readonly #layouts: (Layout | null)[] = Array.from({ length: LAYOUTS_MAX }, () => null);
  /** How many may still be learned. */
  #learnable = LAYOUTS_MAX;
  #passing = 0;
  #looked = 0;
  #found = 0;

  /** Where items stand in an event that is laid out as one before; null when none was. @param words `wordsOf(payload)` */
  find(payload: Uint8Array, words: DataView): Places | null {
    if (this.#passing > 0) {
      this.#passing -= 1;
      return null;
    }
    if (this.#looked === ROUND_EVENTS) this.#endRound();
    this.#looked += 1;
    const layout = this.#layouts[payload.length & (LAYOUTS_MAX - 1)] ?? null;
    if (layout === null || !isLaidOut(payload, words, layout)) return null;
    this.#found += 1;
    return layout.places;
  }

  /**
   * Takes note of an event's layout that `find` did not know, unless that happens too often for it to pay.
   * @param places what the walk has found
   */
  learn(payload: Uint8Array, places: Places, walk: Walk): void {
    const pays = this.#passing === 0 && this.#learnable > 0;
    if (!pays || payload.length > LAYOUT_BYTES_MAX) return;
    this.#learnable -= 1;
    const structure = structureOf(payload, places, walk);
    if (structure === null) return;
    this.#layouts[payload.length & (LAYOUTS_MAX - 1)] = {
      length: payload.length,
      places: { starts: places.starts.slice(), ends: places.ends.slice() },
      ...comparisons(payload, structure),
    };
  }

  /** Other items are wanted from now on. */
  clear(): void {
    this.#layouts.fill(null);
    this.#learnable = LAYOUTS_MAX;
    this.#passing = 0;
    this.#looked = 0;
    this.#found = 0;
  }

  #endRound(): void {
    if (2 * this.#found < ROUND_EVENTS) this.#passing = PASSED_ROUNDS * ROUND_EVENTS;
    this.#learnable = Math.min(this.#learnable + LEARNED_PER_ROUND, LAYOUTS_MAX);
    this.#looked = 0;
    this.#found = 0;
  }
}

function isLaidOut(payload: Uint8Array, memory: DataView, layout: Layout): boolean {
  if (layout.length !== payload.length) return false;
  const base = payload.byteOffset;
  const { longsAt, longs, wordsAt, words, bytesAt, bytes } = layout;
  for (let i = 0; i < longs.length; i += 1) {
    if (memory.getBigInt64(base + (longsAt[i] ?? 0), true) !== longs[i]) return false;
  }
  for (let i = 0; i < words.length; i += 1) {
    if (memory.getInt32(base + (wordsAt[i] ?? 0), true) !== words[i]) return false;
  }
  for (let i = 0; i < bytes.length; i += 1) {
    if (payload[bytesAt[i] ?? 0] !== bytes[i]) return false;
  }
  return true;
}

/** 1 for every byte that a walk may look at; null where there is something amiss that it has not come to. */
function structureOf(
  payload: Uint8Array,
  { starts, ends }: Places,
  { numbers, texts, embedded }: Walk,
): Uint8Array | null {
  const structure = new Uint8Array(payload.length);
  try {
    markItem(payload, 0, payload.length, 0, structure);
    if (embedded !== null) {
      markItem(payload, starts[embedded] ?? 0, ends[embedded] ?? 0, 1, structure);
    }
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    return null;
  }
  for (const slot of texts) structure.fill(1, starts[slot], ends[slot]);
  for (const slot of numbers) structure.fill(0, (starts[slot] ?? 0) + 1, ends[slot]);
  return structure;
}

/** Marks the heads and keys of an item, and gives its end. */
function markItem(
  bytes: Uint8Array,
  at: number,
  end: number,
  depth: number,
  marks: Uint8Array,
): number {
  if (at >= end) throw new MalformedPayload("unexpected end");
  const head = bytes[at] ?? 0;
  const major = head >> 5;
  const info = head & 31;
  let next = info < 24 || major === MAJOR.simple ? at + 1 : headEnd(at, info, end);
  const argument = info < 24 ? info : argumentAt(bytes, at, next);
  switch (major) {
    case MAJOR.bytes:
    case MAJOR.text:
      marks.fill(1, at, next);
      return checkedEnd(next, argument, end);
    case MAJOR.list:
      checkContainer(argument, end - next, depth);
      marks.fill(1, at, next);
      for (let left = argument; left > 0; left -= 1) {
        next = markItem(bytes, next, end, depth + 1, marks);
      }
      return next;
    case MAJOR.map:
      checkContainer(argument * 2, end - next, depth);
      marks.fill(1, at, next);
      for (let left = argument; left > 0; left -= 1) {
        const value = skipItem(bytes, next, end, depth + 1);
        marks.fill(1, next, value);
        next = markItem(bytes, value, end, depth + 1, marks);
      }
      return next;
    default: {
      const after = skipItem(bytes, at, end, depth);
      const isLink = major === MAJOR.tag && argument === TAG_LINK;
      // The head of the bytes, and the first of them.
      marks.fill(1, at, isLink ? Math.min(next + LINK_HEAD_BYTES_MAX, after) : after);
      return after;
    }
  }
}

/** What is compared, so that all that is marked is. */
function comparisons(payload: Uint8Array, marks: Uint8Array): Comparisons {
  const longsAt: number[] = [];
  const wordsAt: number[] = [];
  const bytesAt: number[] = [];
  for (let start = marks.indexOf(1); start >= 0; ) {
    const free = marks.indexOf(0, start);
    const end = free < 0 ? marks.length : free;
    const length = end - start;
    if (length >= 8) addWords(longsAt, start, end, 8);
    else if (length >= 4) addWords(wordsAt, start, end, 4);
    else for (let at = start; at < end; at += 1) bytesAt.push(at);
    start = marks.indexOf(1, end);
  }
  const memory = wordsOf(payload);
  const base = payload.byteOffset;
  return {
    longsAt: Int32Array.from(longsAt),
    longs: BigInt64Array.from(longsAt, (at) => memory.getBigInt64(base + at, true)),
    wordsAt: Int32Array.from(wordsAt),
    words: Int32Array.from(wordsAt, (at) => memory.getInt32(base + at, true)),
    bytesAt: Int32Array.from(bytesAt),
    bytes: Uint8Array.from(bytesAt, (at) => payload[at] ?? 0),
  };
}

/** Words of `size` bytes from `start` to `end`; the last overlaps the one before it. */
function addWords(at: number[], start: number, end: number, size: number): void {
  for (let word = start; word < end - size; word += size) at.push(word);
  at.push(end - size);
}
