// What the operators of one stage partition share: the message in hand, the output, the counters.

import type { Plan, Stage } from "../../plan/plan.ts";
import type { Target } from "../../plan/targets.ts";
import type { CborWriter } from "../eval/cbor-encode.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import { Instant, type RecordValue, type Value } from "../eval/values.ts";
import { type Records, timeOf } from "../eval/view/records.ts";
import type { Counters } from "./message.ts";
import type { CombinerLimits } from "./operators/combiner.ts";
import { OutputBuffer } from "./output.ts";

/** The message whose records are being processed. */
export type CurrentMessage = {
  subject: string;
  seq: number;
  /** Watermark of the channel it came on; -Infinity before the first. */
  channelWatermarkMs: number;
};

/** Takes one record on; `order` is its tie-breaker among records of equal time. */
export type Emit<R = RecordValue> = (record: R, seq: number) => void;

export class StageContext {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly combiner: CombinerLimits;
  readonly output: OutputBuffer;
  readonly counters: Counters = { in: 0, out: 0, late: 0, deadLetters: 0, lost: 0, dropped: {} };
  readonly message: CurrentMessage = {
    subject: "",
    seq: 0,
    channelWatermarkMs: Number.NEGATIVE_INFINITY,
  };

  constructor(plan: Plan, stage: Stage, combiner: CombinerLimits) {
    this.plan = plan;
    this.stage = stage;
    this.combiner = combiner;
    this.output = new OutputBuffer();
  }

  /** Where an item is to be written; it is sent by `sendBegun`. */
  begin(target: Target, partition: number): CborWriter {
    return this.output.begin(target, partition);
  }

  sendBegun(): void {
    this.counters.out += 1;
    this.output.add();
  }

  drop(reason: string): void {
    this.counters.dropped[reason] = (this.counters.dropped[reason] ?? 0) + 1;
  }

  /** Sends what could not be processed to dead letters with its reason, up to the plan's limit. */
  deadLetter(op: string, error: EvaluationError, record: Value, timeMs: number): void {
    const { topic, max } = this.plan.deadLetters;
    this.counters.deadLetters += 1;
    if (this.counters.deadLetters > max) return;
    this.output.addRecord({ kind: "topic", name: topic }, 0, {
      reason: error.reason,
      detail: error.detail,
      stage: this.stage.id,
      op,
      subject: this.message.subject,
      seq: this.message.seq,
      record,
      time: new Instant(timeMs),
    });
  }

  /**
   * Runs `body` for records of an operator; an `EvaluationError` sends the record to dead letters.
   * Anything else is a bug of ours and goes up.
   */
  guard<R>(op: string, records: Records<R>, body: (record: R, seq: number) => void): Emit<R> {
    return (record, seq) => {
      try {
        body(record, seq);
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
