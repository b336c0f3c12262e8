// One stage partition as a deterministic machine: messages in, output and state changes out. It knows
// no clock, no I/O and no batches: how messages are grouped between two drains never changes what comes.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { isStateful } from "../../plan/ops.ts";
import type { Input, Plan, Stage } from "../../plan/plan.ts";
import { decodeRecords, decodeRows } from "../eval/codec.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import { OrderReader } from "../eval/order-header.ts";
import { Instant, isRecord, type RecordValue, type Value } from "../eval/values.ts";
import { EncodedRows } from "../eval/view/encoded-rows.ts";
import { EventRecords } from "../eval/view/event-records.ts";
import { EventView } from "../eval/view/event-view.ts";
import { OBJECTS, timeOf } from "../eval/view/records.ts";
import { type Aside, itemsOf, putAside, shown, shownRow } from "./aside.ts";
import { assert } from "./assert.ts";
import { buildChain } from "./chain.ts";
import { type Emit, StageContext } from "./context.ts";
import type { Counters, InputMessage, StateChange, StepOutput } from "./message.ts";
import { buildStateful } from "./operators/build.ts";
import { COMBINER, type CombinerLimits } from "./operators/combiner.ts";
import type { EmitOrdered, StatefulOperator } from "./operators/stateful.ts";
import { type SavedWatermarks, Watermarks } from "./watermarks.ts";

/** The part of a checkpoint that is small and written whole each time. */
export type Progress = {
  readonly watermarks: SavedWatermarks;
  readonly counters: Counters;
  /** The advance that the stage is in the middle of. */
  readonly advance: SavedAdvance | null;
};

/** Where an advance stands, and the message that set it off. */
export type SavedAdvance = {
  /** Null: before the first watermark. */
  readonly reachedMs: number | null;
  readonly subject: string;
  readonly seq: number;
};

type Advance = { reachedMs: number; readonly pieces: Iterator<number> };

/** What one piece of work may leave to be drained, so that it fits one commit. */
export const DRAIN: DrainLimits = {
  bytes: 2 * 1024 * 1024,
  messages: 400,
  pieces: 20_000,
  combiner: COMBINER,
};

export type DrainLimits = {
  readonly bytes: number;
  readonly messages: number;
  /** Each may have changed an entry of state. */
  readonly pieces: number;
  /** Of each exchange. */
  readonly combiner: CombinerLimits;
};

export class StageRunner {
  readonly #context: StageContext;
  readonly #inputs: readonly Input[];
  readonly #watermarks: Watermarks;
  readonly #encodedRows = new EncodedRows();
  readonly #stateful: StatefulOperator | null;
  /** For records that are objects, and for events as they stand in their messages. */
  readonly #emit: Emit;
  readonly #events: { readonly view: EventView; readonly emit: Emit<EventView> };
  /** What the last message set off and is not through yet. */
  #advance: Advance | null = null;
  #pieces = 0;
  /** Watermark of the channel of the message in hand; -Infinity before the first. */
  #toldMs = Number.NEGATIVE_INFINITY;
  readonly #orders = new OrderReader();
  readonly #limits: DrainLimits;
  /** What of the message in hand is left out; null: nothing. */
  #aside: Aside | null = null;
  /** Which of its records is in hand, from 0; null when that is not told. */
  #item: number | null = null;

  /**
   * @param plan the plan `stage` is of; it must be valid (`validatePlan`).
   * @param limits which tests make small
   */
  constructor(plan: Plan, stage: Stage, limits = DRAIN) {
    this.#limits = limits;
    this.#context = new StageContext(plan, stage, limits.combiner);
    this.#inputs = stage.inputs;
    this.#watermarks = new Watermarks(stage.inputs.length);
    const [first, ...rest] = stage.ops;
    assert(first !== undefined, `stage ${stage.id} has no operators`);
    const ops = isStateful(first) ? rest : stage.ops;
    const chain = buildChain(ops, this.#context, OBJECTS);
    this.#emit = chain;
    const view = new EventView();
    this.#events = { view, emit: buildChain(ops, this.#context, new EventRecords(view)) };
    this.#stateful = isStateful(first)
      ? buildStateful(first, this.#context, ordered(this.#context, chain))
      : null;
  }

  get counters(): Readonly<Counters> {
    return this.#context.counters;
  }

  /** Entries of keyed state. */
  get keys(): number {
    return this.#stateful?.keys ?? 0;
  }

  /** Counts messages that were deleted before they could be pushed. */
  lose(messages: number): void {
    this.#context.counters.lost += messages;
  }

  /** Bytes of output waiting to be drained. */
  get outputBytes(): number {
    return this.#context.output.bytes;
  }

  /** Whether the last message is not through yet: drain, store if need be, and `goOn`. */
  get busy(): boolean {
    return this.#advance !== null;
  }

  /** Which record of the last message was in hand last; null when that is not told. */
  get recordInHand(): number | null {
    return this.#item;
  }

  /** Whether what waits to be drained is as much as should go into one commit. */
  get full(): boolean {
    const { output } = this.#context;
    const { bytes, messages, pieces } = this.#limits;
    return output.bytes >= bytes || output.messages >= messages || this.#pieces >= pieces;
  }

  /** The watermark this stage can promise now; null until it is known. */
  get watermarkMs(): number | null {
    const least = this.#advance?.reachedMs ?? this.#watermarks.least;
    const watermarkMs = this.#stateful?.outputWatermarkMs(least) ?? least;
    return Number.isFinite(watermarkMs) ? watermarkMs : null;
  }

  /**
   * Takes one message in, and is `busy` after it when what it set off is more than one commit should hold.
   * A payload that does not decode goes to dead letters, whole.
   * @param aside what of it is left out, to dead letters. Its rows are taken one by one then.
   */
  push(message: InputMessage, aside: Aside | null = null): void {
    assert(!this.busy, "a message is pushed before the last one is through");
    const context = this.#context;
    context.message.subject = message.subject;
    context.message.seq = message.seq;
    this.#toldMs = this.#watermarks.of(message);
    this.#aside = aside;
    this.#item = null;
    if (message.payload !== null) this.#records(message, message.payload);
    if (message.watermarkMs !== null) this.#advanceTo(message, message.watermarkMs);
  }

  /** Goes on with what the last message set off, until it is through or there is enough to be drained. */
  goOn(): void {
    while (this.#advance !== null && !this.full) {
      const { done, value } = this.#advance.pieces.next();
      if (done === true) this.#advance = null;
      else this.#advance.reachedMs = value;
      this.#pieces += 1;
    }
  }

  /** Everything produced since the last drain. */
  drain(): StepOutput {
    this.#pieces = 0;
    return { messages: this.#context.output.drain(), watermarkMs: this.watermarkMs };
  }

  /** The entries of keyed state that changed since they were last asked for, each once. */
  changes(): StateChange[] {
    return this.#stateful?.changes() ?? [];
  }

  /** As `changes`, where nobody stores them. */
  skipChanges(): void {
    if (this.#stateful?.skipChanges === undefined) this.#stateful?.changes();
    else this.#stateful.skipChanges();
  }

  progress(): Progress {
    return {
      watermarks: this.#watermarks.save(),
      counters: structuredClone(this.#context.counters),
      advance: this.#savedAdvance(),
    };
  }

  /** The whole keyed state. */
  entries(): Iterable<StateChange> {
    return this.#stateful?.entries() ?? [];
  }

  /** Puts stored state back into a fresh runner, part by part in the order it was written. */
  load(part: Iterable<StateChange>): void {
    for (const change of part) this.#stateful?.restore(change);
  }

  /** After the last `load`: goes on from a checkpoint, and may be `busy` then. */
  resume(progress: Progress): void {
    Object.assign(this.#context.counters, structuredClone(progress.counters));
    this.#watermarks.restore(progress.watermarks);
    const { advance } = progress;
    const { least } = this.#watermarks;
    const reachedMs = advance === null ? least : (advance.reachedMs ?? Number.NEGATIVE_INFINITY);
    this.#stateful?.resume(reachedMs);
    if (advance === null) return;
    this.#context.message.subject = advance.subject;
    this.#context.message.seq = advance.seq;
    this.#begin(reachedMs, least);
  }

  #savedAdvance(): SavedAdvance | null {
    if (this.#advance === null) return null;
    const { reachedMs } = this.#advance;
    const { subject, seq } = this.#context.message;
    return { reachedMs: Number.isFinite(reachedMs) ? reachedMs : null, subject, seq };
  }

  #records(message: InputMessage, payload: Uint8Array): void {
    const input = this.#inputs[message.input];
    assert(input !== undefined, `no input ${message.input}`);
    const { counters } = this.#context;
    const before = counters.in;
    try {
      if (this.#aside?.whole == null) this.#decode(input, message, payload);
      else this.#leaveOut(input, message, payload, this.#aside.whole);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (counters.in === before) counters.in += 1;
      this.#turnTo(0, 0);
      this.#context.order.place.length = 0;
      this.#context.deadLetter("read", error, payload, 0);
    }
  }

  #decode(input: Input, message: InputMessage, payload: Uint8Array): void {
    switch (input.kind) {
      case "firehose":
        this.#event(input, message, payload);
        break;
      case "topic":
        this.#topicRecords(input, message, payload);
        break;
      case "exchange":
        if (this.#aside === null) this.#rows(payload);
        else this.#rowsOneByOne(payload);
        break;
    }
  }

  #event(input: SourceInput, message: InputMessage, payload: Uint8Array): void {
    const view = this.#events.view;
    view.open(payload);
    this.#context.counters.in += 1;
    const { timeMs, seq } = view;
    this.#turnTo(message.timeTrusted ? timeMs : 0, message.orderSeq ?? seq);
    this.#placeOperation(message);
    if (input.as !== undefined) this.#take(input, view.whole());
    else if (input.start.at === "time" && timeMs < input.start.ms)
      this.#context.drop("before start");
    else this.#events.emit(view);
    if (message.timeTrusted) this.#advanceTo(message, timeMs - WATERMARK_DELAY_MS);
  }

  #topicRecords(input: SourceInput, message: InputMessage, payload: Uint8Array): void {
    const { order } = this.#context;
    this.#orders.open(message.order);
    let item = 0;
    for (const value of decodeRecords(payload)) {
      this.#item = item++;
      this.#context.counters.in += 1;
      this.#orders.next(order, isTimed(value) ? timeOf(value) : 0);
      // A later version of the owner may begin again before what was promised.
      order.seenMs = Math.max(order.seenMs, this.#toldMs + WATERMARK_DELAY_MS);
      this.#place(message);
      if (this.#isAside(value, isTimed(value) ? timeOf(value) : 0)) continue;
      if (isTimed(value)) this.#take(input, value);
      else
        this.#context.deadLetter(
          "read",
          new EvaluationError("record without time", "topic"),
          value,
          0,
        );
    }
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
    const isOneOfSeveral = this.#inputs.length > 1;
    place[0] = message.operation;
    if (isOneOfSeveral) place[1] = message.input;
    const length = isOneOfSeveral ? 2 : 1;
    if (place.length !== length) place.length = length;
  }

  /** Of what several inputs give of one record, the first input's comes first. */
  #place({ input }: InputMessage): void {
    if (this.#inputs.length > 1) this.#context.order.place.push(input);
  }

  /** Lets a record of a source in, under its name if it has one. */
  #take({ start, as }: SourceInput, record: RecordValue): void {
    if (start.at === "time" && timeOf(record) < start.ms) this.#context.drop("before start");
    else if (as === undefined) this.#emit(record);
    else this.#emit({ [as]: record, time: record.time ?? null });
  }

  #rows(payload: Uint8Array): void {
    assert(this.#stateful !== null, "only a stateful stage stands behind an exchange");
    if (this.#stateful.addAll !== undefined && this.#encodedRows.read(payload)) {
      this.#context.counters.in += this.#encodedRows.records;
      this.#stateful.addAll(this.#encodedRows);
      return;
    }
    for (const row of decodeRows(payload)) {
      this.#context.counters.in += 1;
      this.#stateful.add(row);
    }
  }

  /** As `#rows`: a message of one row each, so that it is known which one fails, and some can be left out. */
  #rowsOneByOne(payload: Uint8Array): void {
    if (!this.#encodedRows.read(payload)) decodeRows(payload); // Malformed, it is as a whole.
    for (const [i, row] of itemsOf(payload).entries()) {
      this.#item = i;
      this.#turnTo(0, 0);
      if (!this.#aside?.records.has(i)) this.#rows(row);
      else if (this.#isAside(shownRow(row), 0)) this.#context.counters.in += 1;
    }
  }

  /** Whether the record in hand is left out, in which case it is in dead letters now. */
  #isAside(record: Value | undefined, timeMs: number): boolean {
    const reason = this.#item === null ? undefined : this.#aside?.records.get(this.#item);
    if (reason !== undefined) putAside(this.#context, reason, record, timeMs);
    return reason !== undefined;
  }

  /** Leaves a message out, whose watermark counts all the same. */
  #leaveOut(input: Input, message: InputMessage, payload: Uint8Array, reason: string): void {
    this.#context.counters.in += 1;
    this.#turnTo(0, 0);
    this.#context.order.place.length = 0;
    const { record, timeMs } = shown(input, payload, this.#events.view);
    putAside(this.#context, reason, record, timeMs ?? 0);
    if (timeMs === null || !message.timeTrusted) return;
    this.#advanceTo(message, timeMs - WATERMARK_DELAY_MS);
  }

  #advanceTo(message: InputMessage, watermarkMs: number): void {
    const before = this.#watermarks.least;
    this.#watermarks.advance(message, watermarkMs);
    const { least } = this.#watermarks;
    if (least === before) return;
    this.#begin(before, least);
    this.goOn();
  }

  #begin(fromMs: number, watermarkMs: number): void {
    const pieces = this.#stateful?.advance(fromMs, watermarkMs);
    if (pieces === undefined) return;
    this.#advance = { reachedMs: fromMs, pieces: pieces[Symbol.iterator]() };
  }
}

type SourceInput = Exclude<Input, { kind: "exchange" }>;

function isTimed(value: Value): value is Record<string, Value> {
  return isRecord(value) && value.time instanceof Instant;
}

/** Behind a stateful operator a record has the order that it gave, not that of the message that set it off. */
function ordered(context: StageContext, next: Emit): EmitOrdered {
  return (record, order) => {
    context.turnTo(order);
    next(record);
  };
}
