// Takes the records of a stage's messages one after the other: events, records of topics, rows. It can stop between
// two of them, when there is enough to be drained, and after a restart goes on behind those that were taken.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import type { Input } from "../../plan/plan.ts";
import { decodeRows, type Row } from "../eval/codec.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import { decodeEach, itemsByLength, Unreadable } from "../eval/items.ts";
import { OrderReader } from "../eval/order-header.ts";
import { Instant, isRecord, type RecordValue, type Value } from "../eval/values.ts";
import { EncodedRows } from "../eval/view/encoded-rows.ts";
import type { EventView } from "../eval/view/event-view.ts";
import { timeOf } from "../eval/view/records.ts";
import { type Aside, putAside, shown, shownRow } from "./aside.ts";
import { assert } from "./assert.ts";
import type { Emit, StageContext } from "./context.ts";
import type { InputMessage } from "./message.ts";
import type { StatefulOperator } from "./operators/stateful.ts";

/** A message of several records of which some have been taken. */
type InHand = {
  readonly message: InputMessage;
  readonly count: number;
  readonly take: (index: number) => void;
  taken: number;
};

/** What a message in the middle of which the stage was stored is to leave out. */
export type SavedInHand = { readonly input: number; readonly seq: number; readonly taken: number };

export type IntakeOptions = {
  readonly inputs: readonly Input[];
  /** What records that are objects go through, and events as they stand in their messages. */
  readonly emit: Emit;
  readonly view: EventView;
  readonly emitEvent: Emit<EventView>;
  /** Takes rows. */
  readonly stateful: StatefulOperator | null;
};

export class Intake {
  readonly #context: StageContext;
  readonly #options: IntakeOptions;
  readonly #encodedRows = new EncodedRows();
  readonly #orders = new OrderReader();
  /** Watermark of the channel of the message in hand; -Infinity before the first. */
  #toldMs = Number.NEGATIVE_INFINITY;
  #inHand: InHand | null = null;
  /** Before the message is there again that was in hand when the stage was stored. */
  #awaited: SavedInHand | null = null;
  #eventMs: number | null = null;
  /** What of the message in hand is left out; null: nothing. */
  #aside: Aside | null = null;
  #item: number | null = null;

  constructor(context: StageContext, options: IntakeOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** The message whose records are not through; null when all are. */
  get inHand(): InputMessage | null {
    return this.#inHand?.message ?? null;
  }

  /** Time of the event that was taken last, milliseconds; null where it moves no watermark. */
  get eventMs(): number | null {
    return this.#eventMs;
  }

  /** Which record of the last message was in hand last, from 0; null when that is not told. */
  get item(): number | null {
    return this.#item;
  }

  /**
   * @param toldMs watermark of the message's channel @param aside what of it is left out; null: nothing
   * @returns whether all of its records have been taken
   */
  take(message: InputMessage, toldMs: number, aside: Aside | null): boolean {
    this.#toldMs = toldMs;
    this.#eventMs = null;
    this.#aside = aside;
    this.#item = null;
    return message.payload === null || this.#records(message, message.payload);
  }

  /** Goes on with the message in hand. @returns whether all of its records have been taken */
  goOn(): boolean {
    if (this.#inHand !== null && !this.#goThrough(this.#inHand)) return false;
    this.#inHand = null;
    return true;
  }

  /** What is to be read again when the stage is restored; null when nothing is. */
  save(): SavedInHand | null {
    if (this.#inHand === null) return this.#awaited;
    const { message, taken } = this.#inHand;
    return { input: message.input, seq: message.seq, taken };
  }

  restore(saved: SavedInHand | null): void {
    this.#awaited = saved;
  }

  /** How many of the message's records were taken before the stage was restored. */
  #takenOf({ input, seq }: InputMessage): number {
    const awaited = this.#awaited;
    if (awaited?.input !== input) return 0;
    this.#awaited = null;
    return awaited.seq === seq ? awaited.taken : 0;
  }

  /** @returns whether all of them have been taken */
  #records(message: InputMessage, payload: Uint8Array): boolean {
    const input = this.#options.inputs[message.input];
    assert(input !== undefined, `no input ${message.input}`);
    const { counters } = this.#context;
    const before = counters.in;
    try {
      if (this.#aside?.whole == null) return this.#decode(input, message, payload);
      return this.#leaveOut(input, message, payload, this.#aside.whole);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (counters.in === before) counters.in += 1;
      this.#turnTo(0, 0);
      this.#context.order.place.length = 0;
      this.#context.deadLetter("read", error, payload, 0);
      return true;
    }
  }

  #decode(input: Input, message: InputMessage, payload: Uint8Array): boolean {
    switch (input.kind) {
      case "firehose":
        return this.#event(input, message, payload);
      case "topic":
        return this.#topicRecords(input, message, payload);
      case "exchange":
        return this.#aside === null
          ? this.#rows(message, payload)
          : this.#rowsOneByOne(message, payload);
    }
  }

  #event(input: SourceInput, message: InputMessage, payload: Uint8Array): boolean {
    const view = this.#options.view;
    view.open(payload);
    const { timeMs, seq } = view;
    if (message.timeTrusted) this.#eventMs = timeMs;
    if (this.#awaited !== null && this.#takenOf(message) > 0) return true;
    this.#context.counters.in += 1;
    this.#turnTo(message.timeTrusted ? timeMs : 0, message.orderSeq ?? seq);
    this.#placeOperation(message);
    if (input.as !== undefined) this.#take(input, view.whole());
    else if (input.start.at === "time" && timeMs < input.start.ms)
      this.#context.drop("before start");
    else this.#options.emitEvent(view);
    if (this.#context.paused.length === 0) return true;
    // Messages of the firehose may be one object over and over.
    this.#inHand = { message: { ...message }, count: 1, take: () => {}, taken: 1 };
    return false;
  }

  #topicRecords(input: SourceInput, message: InputMessage, payload: Uint8Array): boolean {
    this.#orders.open(message.order);
    const values = decodeEach(payload);
    const taken = this.#awaited === null ? 0 : this.#takenOf(message);
    // Orders are told one from the one before: those of what was taken are read too.
    for (const value of values.slice(0, taken)) {
      this.#turnToRecord(value instanceof Unreadable ? null : value);
    }
    const take = (i: number): void => {
      this.#item = i;
      const value = values[i] ?? null;
      if (value instanceof Unreadable) this.#unreadable(message, value);
      else this.#record(input, message, value);
    };
    return this.#begins({ message, count: values.length, take, taken });
  }

  /** @returns whether all of it has been taken */
  #begins(inHand: InHand): boolean {
    if (this.#goThrough(inHand)) return true;
    this.#inHand = inHand;
    return false;
  }

  /** Stops where there is enough to be drained. @returns whether it has come to the end */
  #goThrough(inHand: InHand): boolean {
    while (inHand.taken < inHand.count) {
      inHand.taken += 1;
      inHand.take(inHand.taken - 1);
      if (this.#context.isPausing) break;
    }
    return inHand.taken >= inHand.count && this.#context.paused.length === 0;
  }

  #record(input: SourceInput, message: InputMessage, value: Value): void {
    const { order } = this.#context;
    this.#context.counters.in += 1;
    this.#turnToRecord(value);
    // A later version of the owner may begin again before what was promised.
    order.seenMs = Math.max(order.seenMs, this.#toldMs + WATERMARK_DELAY_MS);
    this.#place(message);
    if (this.#isAside(value, isTimed(value) ? timeOf(value) : 0)) return;
    if (isTimed(value)) this.#take(input, value);
    else {
      const error = new EvaluationError("record without time", "topic");
      this.#context.deadLetter("read", error, value, 0);
    }
  }

  #unreadable(message: InputMessage, { error, bytes }: Unreadable): void {
    this.#context.counters.in += 1;
    this.#turnToRecord(null);
    this.#place(message);
    this.#context.deadLetter("read", error, bytes, 0);
  }

  #turnToRecord(value: Value): void {
    this.#orders.next(this.#context.order, isTimed(value) ? timeOf(value) : 0);
  }

  /** Turns to an event: it has seen its own time and what its channel was told. */
  #turnTo(timeMs: number, seq: number): void {
    const { order } = this.#context;
    order.seenMs = Math.max(timeMs, this.#toldMs + WATERMARK_DELAY_MS);
    order.seq = seq;
  }

  /** Its place array keeps its length from event to event: to make it anew costs more than the rest of this. */
  #placeOperation(message: InputMessage): void {
    const { place } = this.#context.order;
    const isOneOfSeveral = this.#options.inputs.length > 1;
    place[0] = message.operation;
    if (isOneOfSeveral) place[1] = message.input;
    const length = isOneOfSeveral ? 2 : 1;
    if (place.length !== length) place.length = length;
  }

  /** Of what several inputs give of one record, the first input's comes first. */
  #place({ input }: InputMessage): void {
    if (this.#options.inputs.length > 1) this.#context.order.place.push(input);
  }

  /** Lets a record of a source in, under its name if it has one. */
  #take({ start, as }: SourceInput, record: RecordValue): void {
    if (start.at === "time" && timeOf(record) < start.ms) this.#context.drop("before start");
    else if (as === undefined) this.#options.emit(record);
    else this.#options.emit({ [as]: record, time: record.time ?? null });
  }

  #rows(message: InputMessage, payload: Uint8Array): boolean {
    if (this.#addedAll(payload)) return true;
    const rows = decodeRows(payload);
    const taken = this.#awaited === null ? 0 : this.#takenOf(message);
    const take = (i: number): void => this.#addRow(rows[i]);
    return this.#begins({ message, count: rows.length, take, taken });
  }

  /** As `#rows`: one row at a time, so that it is known which one fails, and some can be left out. */
  #rowsOneByOne(message: InputMessage, payload: Uint8Array): boolean {
    if (!this.#encodedRows.read(payload)) decodeRows(payload); // Malformed, it is as a whole.
    const rows = itemsByLength(payload);
    const taken = this.#awaited === null ? 0 : this.#takenOf(message);
    const take = (i: number): void => {
      this.#item = i;
      this.#turnTo(0, 0);
      const row = rows[i];
      assert(row !== undefined, `no row ${i}`);
      if (this.#aside?.records.has(i) !== true) {
        if (!this.#addedAll(row)) for (const one of decodeRows(row)) this.#addRow(one);
      } else if (this.#isAside(shownRow(row), 0)) this.#context.counters.in += 1;
    };
    return this.#begins({ message, count: rows.length, take, taken });
  }

  /** Takes all rows at once, where the operator can and they are what it takes so. */
  #addedAll(payload: Uint8Array): boolean {
    const stateful = this.#stateful;
    if (stateful.addAll === undefined || !this.#encodedRows.read(payload)) return false;
    this.#context.counters.in += this.#encodedRows.records;
    stateful.addAll(this.#encodedRows);
    return true;
  }

  #addRow(row: Row | undefined): void {
    assert(row !== undefined, "a row that is not there");
    this.#context.counters.in += 1;
    this.#stateful.add(row);
  }

  get #stateful(): StatefulOperator {
    const { stateful } = this.#options;
    assert(stateful !== null, "only a stateful stage stands behind an exchange");
    return stateful;
  }

  /** Whether the record in hand is left out, in which case it is in dead letters now. */
  #isAside(record: Value | undefined, timeMs: number): boolean {
    const reason = this.#item === null ? undefined : this.#aside?.records.get(this.#item);
    if (reason !== undefined) putAside(this.#context, reason, record, timeMs);
    return reason !== undefined;
  }

  /** Leaves a message out, whose watermark counts all the same. */
  #leaveOut(input: Input, message: InputMessage, payload: Uint8Array, reason: string): boolean {
    this.#context.counters.in += 1;
    this.#turnTo(0, 0);
    this.#context.order.place.length = 0;
    const { record, timeMs } = shown(input, payload, this.#options.view);
    putAside(this.#context, reason, record, timeMs ?? 0);
    if (timeMs !== null && message.timeTrusted) this.#eventMs = timeMs;
    return true;
  }
}

type SourceInput = Exclude<Input, { kind: "exchange" }>;

function isTimed(value: Value): value is Record<string, Value> {
  return isRecord(value) && value.time instanceof Instant;
}
