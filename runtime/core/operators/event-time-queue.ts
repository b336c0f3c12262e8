// Rows put in order: held until the watermark says that no earlier one can come.
//
//   order(row) = (instant, order of the record, time, keys, columns)
//
// What leaves is the same sequence for every interleaving of the channels. The rows are state.

import { decodeRows, encodeRow, type Row } from "../../eval/codec.ts";
import { compareOrder } from "../../eval/record-order.ts";
import { canonicalKey } from "../../eval/values.ts";
import { assert } from "../assert.ts";
import type { StateChange } from "../message.ts";

/**
 * Rows held by one stage partition. One more, and the earliest leaves before its time: nothing is lost,
 * but how channels interleave may show.
 */
export const QUEUED_ROWS_MAX = 500_000;

type Queued = { readonly atMs: number; readonly id: number; readonly row: Row };

const PREFIX = "q|";

/** Whether a state key is one of a queue's. */
export function isQueueKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

export class EventTimeQueue {
  readonly #instantOf: (row: Row) => number;
  readonly #rowsMax: number;
  /** A binary heap, the earliest first. */
  readonly #heap: Queued[] = [];
  /** By id: rows not saved yet, and saved ones that have left. */
  readonly #unsaved = new Map<number, Row>();
  readonly #left: number[] = [];
  #nextId = 0;

  constructor(instantOf: (row: Row) => number, rowsMax = QUEUED_ROWS_MAX) {
    this.#instantOf = instantOf;
    this.#rowsMax = rowsMax;
  }

  /** Instant of the earliest row, milliseconds; Infinity when there is none. */
  get firstMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Rows held. */
  get size(): number {
    return this.#heap.length;
  }

  /** Whether the earliest row has to leave. */
  get overfull(): boolean {
    return this.#heap.length > this.#rowsMax;
  }

  push(row: Row): void {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#unsaved.set(id, row);
    this.#insert({ atMs: this.#instantOf(row), id, row });
  }

  /** Takes the earliest row out. */
  pop(): { readonly atMs: number; readonly row: Row } {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    assert(first !== undefined && last !== undefined, "a row is taken from an empty queue");
    if (this.#heap.length > 0) this.#sink(last);
    if (!this.#unsaved.delete(first.id)) this.#left.push(first.id);
    return first;
  }

  changes(): StateChange[] {
    const gone = this.#left.map((id) => ({ key: `${PREFIX}${id}`, value: null }));
    const came = [...this.#unsaved].map(([id, row]) => entryOf(id, row));
    this.#left.length = 0;
    this.#unsaved.clear();
    return [...gone, ...came];
  }

  *entries(): Iterable<StateChange> {
    // The heap is reordered while this goes on.
    for (const { id, row } of this.#heap.slice()) yield entryOf(id, row);
  }

  /** Puts back one entry, in the order they were written; `resume` comes after the last. */
  restore({ key, value }: StateChange): void {
    const id = Number(key.slice(PREFIX.length));
    this.#nextId = Math.max(this.#nextId, id + 1);
    if (value === null) this.#restored.delete(id);
    else this.#restored.set(id, value);
  }

  /** Rows come back only here, so that those which had left again cost nothing. */
  resume(): void {
    for (const [id, value] of this.#restored) {
      for (const row of decodeRows(value)) this.#insert({ atMs: this.#instantOf(row), id, row });
    }
    this.#restored.clear();
  }

  readonly #restored = new Map<number, Uint8Array>();

  #insert(queued: Queued): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(queued);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || compare(above, queued) <= 0) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = queued;
  }

  /** Puts `queued` in the place of the first and lets it sink. */
  #sink(queued: Queued): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && compare(right, left) < 0) child += 1;
      const least = heap[child];
      if (least === undefined || compare(queued, least) <= 0) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = queued;
  }
}

function entryOf(id: number, row: Row): StateChange {
  return { key: `${PREFIX}${id}`, value: encodeRow(row) };
}

function compare(a: Queued, b: Queued): number {
  return a.atMs - b.atMs || compareOrder(a.row.order, b.row.order) || compareContents(a.row, b.row);
}

/** Rows that do not differ here are alike: either may come first. */
function compareContents(a: Row, b: Row): number {
  const textA = canonicalKey([a.timeMs, ...a.keys, ...a.columns]);
  const textB = canonicalKey([b.timeMs, ...b.keys, ...b.columns]);
  return textA < textB ? -1 : textA > textB ? 1 : 0;
}

/** What a row has seen, milliseconds: the order of arrival at the relay. */
export function seenMs(row: Row): number {
  return row.order.seenMs;
}

/** The last column of an exchange that says it: the instant the row was known at, milliseconds. */
export function knownMs(row: Pick<Row, "columns">): number {
  const known = row.columns.at(-1);
  assert(typeof known === "number", "the exchange says when a row was known");
  return known;
}
