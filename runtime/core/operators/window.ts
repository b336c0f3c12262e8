// The window operator: decides, once and for all, whether a record is late.
//
// A record is late when every window that contains it is closed by the watermark of *its own channel*.
// Channels are in order, so the answer is the same however they interleave; and since a stage behind
// waits for the least watermark of its channels, nothing that passes here can be late there.

import type { WindowOp } from "../../../plan/plan.ts";
import { compileExpr } from "../../eval/compile-expr.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import { Instant, type RecordValue } from "../../eval/values.ts";
import { type StageContext, timeOf } from "../context.ts";
import { lastEndContaining } from "../panes.ts";

/** Takes a record that is not late, with the instant it counts at. */
export type EmitAt = (record: RecordValue, seq: number, atMs: number) => void;

export function window(
  op: WindowOp,
  context: StageContext,
  next: EmitAt,
): (record: RecordValue, seq: number) => void {
  const evaluate = compileExpr(op.on);
  const { window: spec, maxAheadMs, late } = op;
  return (record, seq) => {
    context.guard("window", record, () => {
      const on = evaluate(record);
      if (!(on instanceof Instant))
        throw new EvaluationError("window on no instant", "`on:` is not an instant");
      const atMs = Math.min(on.ms, timeOf(record) + maxAheadMs);
      const closesMs = lastEndContaining(spec, atMs) + spec.graceMs;
      if (context.message.channelWatermarkMs < closesMs) {
        next(record, seq, atMs);
        return;
      }
      context.counters.late += 1;
      if (late !== null) context.output.addRecord({ kind: "topic", name: late }, 0, record);
    });
  };
}
