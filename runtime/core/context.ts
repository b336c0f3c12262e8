// What the operators of one stage partition share: the message in hand, the output, the counters.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import type { Plan, Stage } from "../../plan/plan.ts";
import type { Target } from "../../plan/targets.ts";
import { type CborWriter, WRAPPER_DEPTH_MAX } from "../eval/cbor-encode.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import type { RecordOrder } from "../eval/record-order.ts";
import { Instant, type RecordValue, type Value } from "../eval/values.ts";
import { type Records, timeOf } from "../eval/view/records.ts";
import type { DrainLimits } from "./drain-limits.ts";
import { smallPartOf } from "./letter.ts";
import type { Counters } from "./message.ts";
import type { CombinerLimits } from "./operators/combiner.ts";
import { OutputBuffer } from "./output.ts";
import type { Paused } from "./paused.ts";

/** The message whose records are being processed. */
export type CurrentMessage = {
  subject: string;
  seq: number;
};

/**
 * The order of the record in hand (`RecordOrder`): it goes along with it through the operators, which work on one
 * record at a time. Its contents are told only where it is sent.
 */
export type CurrentOrder = { seenMs: number; seq: number; readonly place: number[] };

/** Takes one record on. */
export type Emit<R = RecordValue> = (record: R) => void;

export class StageContext {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly combiner: CombinerLimits;
  readonly output: OutputBuffer;
  /** Operators that have stopped in the middle of a record, in the order in which they go on. */
  readonly paused: Paused[] = [];
  readonly counters: Counters = { in: 0, out: 0, late: 0, deadLetters: 0, lost: 0, dropped: {} };
  readonly message: CurrentMessage = { subject: "", seq: 0 };
  readonly order: CurrentOrder = { seenMs: Number.NEGATIVE_INFINITY, seq: 0, place: [] };

  constructor(plan: Plan, stage: Stage, limits: DrainLimits) {
    this.plan = plan;
    this.stage = stage;
    this.combiner = limits.combiner;
    this.output = new OutputBuffer(limits);
  }

  /** Whether an operator is to stop between two of the records it makes of one. */
  get isPausing(): boolean {
    return this.paused.length > 0 || this.output.isFull;
  }

  /** The operator in hand has stopped; those further up in the record's way stop after it, if they have more to do. */
  pause(paused: Omit<Paused, "order">, place: readonly number[]): void {
    const { seenMs, seq } = this.order;
    this.paused.push({ ...paused, order: { seenMs, seq, place: [...place], contents: 0 } });
  }

  /** The watermark that the record in hand has seen: it is late or not by that. */
  get judgedMs(): number {
    return this.order.seenMs - WATERMARK_DELAY_MS;
  }

  /** Turns to a record of that order. */
  turnTo({ seenMs, seq, place }: RecordOrder): void {
    const { order } = this;
    order.seenMs = seenMs;
    order.seq = seq;
    order.place.length = 0;
    for (const one of place) order.place.push(one);
  }

  /** Where an item is to be written; it is sent by `sendBegun`. */
  begin(target: Target, partition: number): CborWriter {
    return this.output.begin(target, partition);
  }

  /** @param timeMs of the record, for a topic: its order goes with it; null for an exchange */
  sendBegun(timeMs: number | null): void {
    this.output.add(timeMs === null ? null : this.order, timeMs ?? 0);
    this.counters.out += 1;
  }

  /** Sends a record to partition 0 of a topic of the pipeline's own. */
  sendAside(topic: string, record: RecordValue, timeMs: number): void {
    const target: Target = { kind: "topic", name: topic };
    this.output.begin(target, 0).value(record, -WRAPPER_DEPTH_MAX);
    this.output.add(this.order, timeMs);
  }

  drop(reason: string): void {
    this.counters.dropped[reason] = (this.counters.dropped[reason] ?? 0) + 1;
  }

  /**
   * Sends what could not be processed to dead letters with its reason, up to the plan's limit; of a record that is too
   * large for a letter, its small fields. @param record undefined: the letter has none
   */
  deadLetter(op: string, error: EvaluationError, record: Value | undefined, timeMs: number): void {
    const { topic, max } = this.plan.deadLetters;
    this.counters.deadLetters += 1;
    if (this.counters.deadLetters > max) return;
    const letter = {
      reason: error.reason,
      detail: error.detail,
      stage: this.stage.id,
      op,
      subject: this.message.subject,
      seq: this.message.seq,
      ...(record !== undefined && { record }),
      time: new Instant(timeMs),
    };
    try {
      this.sendAside(topic, letter, timeMs);
    } catch (unsendable) {
      // The reason comes in any case.
      if (!(unsendable instanceof EvaluationError)) throw unsendable;
      this.sendAside(topic, { ...letter, ...smallPartOf(record ?? null) }, timeMs);
    }
  }

  /**
   * Runs `body` for records of an operator; an `EvaluationError` sends the record to dead letters.
   * Anything else is a bug of ours and goes up.
   */
  guard<R>(op: string, records: Records<R>, body: (record: R) => void): Emit<R> {
    return (record) => {
      try {
        body(record);
      } catch (error) {
        this.refuse(op, records, record, error);
      }
    };
  }

  /** Sends a record to dead letters that `error` was thrown of. @throws `error` when it is a bug of ours */
  refuse<R>(op: string, records: Records<R>, record: R, error: unknown): void {
    if (!(error instanceof EvaluationError)) throw error;
    const whole = records.whole(record);
    this.deadLetter(op, error, whole, timeOf(whole));
  }
}
