// The orders of the records of a topic message, as its header carries them. So a reader goes by what the producer
// knew of each record, and never by what it happens to have been told of the watermark before.
//
//   header = base64 of entries, one a record; those at the end that say nothing are left out
//   entry  = 0                                            a result: seen a second past its time, seq 0, no place
//          | 1 + 8·|Δseen| + flags, |Δseq| [, n, n numbers]
//   flags  = 1: its place is told, and not `[0]` · 2: Δseen is negative · 4: Δseq is negative
//
// Differences are to the entry before that was not 0; numbers are in LEB128, seven bits a byte, the least first.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { MalformedPayload } from "./eval-error.ts";
import { FIRST_PLACE, isFirstPlace, type RecordOrder } from "./record-order.ts";

/** A message is closed when its orders reach this: the server refuses headers of more than 65 535 bytes. */
export const ORDER_BYTES_TARGET = 24 * 1024;
/** Numbers of a place that are read back: a program has fewer stages. */
export const PLACE_LENGTH_MAX = 1024;

const PLACED = 1;
const SEEN_BACK = 2;
const SEQ_BACK = 4;
const FLAGS = 8;
/** Numbers below this take two bytes at most, and so do differences of what was seen below that, with their flags. */
const SHORT_NUMBER = 2 ** 14;
const SHORT_SEEN = SHORT_NUMBER / FLAGS - 1;
const PAIR_BYTES = 4;
const START_BYTES = 64;

/** An order without contents, which are not carried. */
export type Position = Pick<RecordOrder, "seenMs" | "seq" | "place">;

export class OrderWriter {
  #bytes = new Uint8Array(START_BYTES);
  /** Bytes up to the last entry that says something, and with the entries behind it. */
  #end = 0;
  #length = 0;
  #seenMs = 0;
  #seq = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds the order of the next record, whose time is `timeMs` (NaN: it has none). */
  add({ seenMs, seq, place }: Position, timeMs: number): void {
    const places = place.length;
    const isTold = !isFirstPlace(place);
    if (seq === 0 && places === 0 && seenMs === timeMs + WATERMARK_DELAY_MS) {
      this.#byte(0);
      return;
    }
    const [seenBy, seqBy] = [seenMs - this.#seenMs, seq - this.#seq];
    this.#seenMs = seenMs;
    this.#seq = seq;
    // As nearly all are: two numbers, not far from the ones before.
    if (!isTold && seenBy >= 0 && seenBy < SHORT_SEEN && seqBy >= 0 && seqBy < SHORT_NUMBER) {
      this.#pair(1 + FLAGS * seenBy, seqBy);
      return;
    }
    const flags = (isTold ? PLACED : 0) + (seenBy < 0 ? SEEN_BACK : 0) + (seqBy < 0 ? SEQ_BACK : 0);
    this.#number(1 + FLAGS * Math.abs(seenBy) + flags);
    this.#number(Math.abs(seqBy));
    if (isTold) {
      this.#number(places);
      for (let i = 0; i < places; i += 1) this.#number(place[i] ?? 0);
    }
    this.#end = this.#length;
  }

  /** The header's value, null when every record is a result; then begins the next message. */
  take(): string | null {
    const end = this.#end;
    this.#end = 0;
    this.#length = 0;
    this.#seenMs = 0;
    this.#seq = 0;
    return end === 0 ? null : Buffer.from(this.#bytes.buffer, 0, end).toString("base64");
  }

  /** Two numbers below 2^14. */
  #pair(first: number, second: number): void {
    if (this.#length + PAIR_BYTES > this.#bytes.length) this.#grow();
    const bytes = this.#bytes;
    let at = this.#length;
    if (first >= 128) {
      bytes[at] = (first & 127) | 128;
      at += 1;
    }
    bytes[at] = first >= 128 ? first >> 7 : first;
    at += 1;
    if (second >= 128) {
      bytes[at] = (second & 127) | 128;
      at += 1;
    }
    bytes[at] = second >= 128 ? second >> 7 : second;
    this.#length = at + 1;
    this.#end = this.#length;
  }

  #number(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow();
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#bytes.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

export class OrderReader {
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #seenMs = 0;
  #seq = 0;

  /** Starts on a message. @param header null: it has none */
  open(header: string | null): void {
    this.#bytes = header === null ? new Uint8Array() : Buffer.from(header, "base64");
    this.#at = 0;
    this.#seenMs = 0;
    this.#seq = 0;
  }

  /**
   * The order of the next record. @param into gets it @param timeMs the record's time
   * @throws MalformedPayload when the header is not one of `OrderWriter`
   */
  next(into: { seenMs: number; seq: number; readonly place: number[] }, timeMs: number): void {
    into.place.length = 0;
    const first = this.#at === this.#bytes.length ? 0 : this.#number();
    if (first === 0) {
      into.seenMs = timeMs + WATERMARK_DELAY_MS;
      into.seq = 0;
      return;
    }
    const flags = (first - 1) % FLAGS;
    const seenBy = (first - 1 - flags) / FLAGS;
    const seqBy = this.#number();
    this.#seenMs += (flags & SEEN_BACK) === 0 ? seenBy : -seenBy;
    this.#seq += (flags & SEQ_BACK) === 0 ? seqBy : -seqBy;
    into.seenMs = this.#seenMs;
    into.seq = this.#seq;
    if ((flags & PLACED) !== 0) this.#place(into.place);
    else into.place.push(...FIRST_PLACE);
  }

  #place(into: number[]): void {
    const length = this.#number();
    if (length > PLACE_LENGTH_MAX) throw new MalformedPayload("the order of a record is too long");
    for (let i = 0; i < length; i += 1) into.push(this.#number());
  }

  #number(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || unit > Number.MAX_SAFE_INTEGER) {
        throw new MalformedPayload("the order of a record is damaged");
      }
      this.#at += 1;
      value += (byte & 127) * unit;
      if (byte < 128) return value;
      unit *= 128;
    }
  }
}
