// The one order of everything that remembers: first and last, collect, dedup, the reduce without a window, top.
//
//   order(record) = (seen, seq, place, contents)
//
//   seen      greatest relay time on the record's partition of the firehose when it came, milliseconds. It never
//             steps back within a partition, so operations of one repo keep their order whatever their times are
//   seq       the relay's sequence number, which all operations of a commit share
//   place     the operation within the commit, the input of the stage if it has several, the element at each
//             `unnest` on the way. Missing numbers count as 0
//   contents  a hash, where nothing else is left: results of groups have no seq
//
// Lateness follows from it too: the record is judged by the watermark that it has seen, `seen` less a second.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { hash32 } from "../../plan/partition.ts";
import type { CborWriter } from "./cbor-encode.ts";
import { MalformedPayload } from "./eval-error.ts";
import type { Value } from "./values.ts";

export type RecordOrder = {
  readonly seenMs: number;
  readonly seq: number;
  readonly place: readonly number[];
  readonly contents: number;
};

/** Of the first operation of a commit, which most have only one of. What it makes goes on from here: `[0, 2]`. */
export const FIRST_PLACE: readonly number[] = [0];
const NO_PLACE: readonly number[] = [];

/** The order of a result: the relay's time was at least a second past its instant when it was complete. */
export function orderOfResult(atMs: number, place = NO_PLACE): RecordOrder {
  return { seenMs: atMs + WATERMARK_DELAY_MS, seq: 0, place, contents: 0 };
}

/** For what does not look at it. */
export const NO_ORDER: RecordOrder = { seenMs: 0, seq: 0, place: FIRST_PLACE, contents: 0 };

/** Negative when `a` comes first; 0 when nothing tells the two apart. */
export function compareOrder(a: RecordOrder, b: RecordOrder): number {
  return (
    a.seenMs - b.seenMs ||
    a.seq - b.seq ||
    comparePlaces(a.place, b.place) ||
    a.contents - b.contents
  );
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length || i < b.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** How many numbers of a place tell it apart from others: zeros at its end do not. */
export function placeLength(place: readonly number[]): number {
  let length = place.length;
  while (length > 0 && place[length - 1] === 0) length -= 1;
  return length;
}

/** Whether it is the one that most records have, and that therefore need not be said. */
export function isFirstPlace(place: readonly number[]): boolean {
  return place.length === 1 && place[0] === 0;
}

/** The order as values of a list that is stored, `place` last; `loadOrder` reads it back. */
export function saveOrder({ seenMs, seq, contents, place }: RecordOrder): Value[] {
  const isFirst = contents === 0 && isFirstPlace(place);
  return isFirst ? [seenMs, seq] : [seenMs, seq, contents, ...place];
}

/** What `saveOrder` gave; also what 0.1 stored, `[timeMs, seq]`. */
export function loadOrder(saved: readonly Value[]): RecordOrder {
  const [seenMs = 0, seq = 0, contents = 0, ...place] = saved.map(Number);
  return { seenMs, seq, contents, place: saved.length <= 2 ? FIRST_PLACE : place };
}

/**
 * Writes the order as the second part of a row: its seq alone, where the row was seen at its own time `timeMs` and
 * is in the first place; else `[seen − time, seq, contents, …place]`.
 * @param whole whether what is behind makes more of the record, and so has to know how long its place is
 */
export function writeOrder(
  writer: CborWriter,
  { seenMs, seq, place }: Omit<RecordOrder, "contents">,
  contents: number,
  timeMs: number,
  whole: boolean,
): void {
  const places = whole ? place.length : placeLength(place);
  const isFirst = whole ? isFirstPlace(place) : places === 0;
  if (seenMs === timeMs && contents === 0 && isFirst) {
    writer.number(seq);
    return;
  }
  writer.listHeader(ORDER_PARTS + places);
  writer.number(seenMs - timeMs);
  writer.number(seq);
  writer.number(contents);
  for (let i = 0; i < places; i += 1) writer.number(place[i] ?? 0);
}

/** Parts of an order in a row that come before its place. */
export const ORDER_PARTS = 3;

/** What `writeOrder` wrote. @throws MalformedPayload when it is something else */
export function orderOf(value: Value, timeMs: number): RecordOrder {
  if (typeof value === "number") {
    return { seenMs: timeMs, seq: value, place: FIRST_PLACE, contents: 0 };
  }
  const numbers = Array.isArray(value) ? value.filter((one) => typeof one === "number") : [];
  if (!Array.isArray(value) || numbers.length < Math.max(ORDER_PARTS, value.length)) {
    throw new MalformedPayload("the order of a row is not numbers");
  }
  const [delta = 0, seq = 0, contents = 0, ...place] = numbers;
  return { seenMs: timeMs + delta, seq, contents, place };
}

/**
 * A number below 2^53 that depends on the bytes alone and is not 0: MurmurHash3 of them twice, as `hash(x)` of
 * the language does with texts.
 */
export function contentsHash(bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  return (hash32(`${text}\u0002`) >>> 11) * 2 ** 32 + hash32(text) || 1;
}
