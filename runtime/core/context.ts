// What the operators of one stage partition share: the message in hand, the output, the counters.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import type { Plan, Stage } from "../../plan/plan.ts";
import type { Target } from "../../plan/targets.ts";
import { type CborWriter, WRAPPER_DEPTH_MAX } from "../eval/cbor-encode.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import type { RecordOrder } from "../eval/record-order.ts";
import { Instant, type RecordValue, type Value } from "../eval/values.ts";
import { type Records, timeOf } from "../eval/view/records.ts";
import type { Counters } from "./message.ts";
import type { CombinerLimits } from "./operators/combiner.ts";
import { OutputBuffer } from "./output.ts";

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
  readonly counters: Counters = { in: 0, out: 0, late: 0, deadLetters: 0, lost: 0, dropped: {} };
  readonly message: CurrentMessage = { subject: "", seq: 0 };
  readonly order: CurrentOrder = { seenMs: Number.NEGATIVE_INFINITY, seq: 0, place: [] };

  constructor(plan: Plan, stage: Stage, combiner: CombinerLimits) {
    this.plan = plan;
    this.stage = stage;
    this.combiner = combiner;
    this.output = new OutputBuffer();
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
    this.counters.out += 1;
    this.output.add(timeMs === null ? null : this.order, timeMs ?? 0);
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

  /** Sends what could not be processed to dead letters with its reason, up to the plan's limit. */
  deadLetter(op: string, error: EvaluationError, record: Value, timeMs: number): void {
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
      record,
      time: new Instant(timeMs),
    };
    try {
      this.sendAside(topic, letter, timeMs);
    } catch (unfit) {
      // The reason comes in any case.
      if (!(unfit instanceof EvaluationError)) throw unfit;
      this.sendAside(topic, { ...letter, record: null }, timeMs);
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
