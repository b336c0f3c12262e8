// The window operator: decides, once and for all, whether a record is late.
//
// A record is late when every window that contains it is closed by the watermark of *its own channel*; for
// sessions, which are made of the records in order, when that watermark has passed its time + grace.
// Channels are in order, so the answer is the same however they interleave; and since a stage behind
// waits for the least watermark of its channels, nothing that passes here can be late there.

import type { Window, WindowOp } from "../../../plan/plan.ts";
import { compileExpr } from "../../eval/compile-expr.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import { Instant, type RecordValue } from "../../eval/values.ts";
import { type StageContext, timeOf } from "../context.ts";
import { panesOf } from "../windows.ts";

/** Takes a record that is not late, with the instant it counts at. */
export type EmitAt = (record: RecordValue, seq: number, atMs: number) => void;

export function window(
  op: WindowOp,
  context: StageContext,
  next: EmitAt,
): (record: RecordValue, seq: number) => void {
  const evaluate = compileExpr(op.on);
  const { maxAheadMs, late } = op;
  const isLate = latenessOf(op.window);
  return (record, seq) => {
    context.guard("window", record, () => {
      const on = evaluate(record);
      if (!(on instanceof Instant))
        throw new EvaluationError("window on no instant", "`on:` is not an instant");
      const atMs = Math.min(on.ms, timeOf(record) + maxAheadMs);
      if (!isLate(atMs, context.message.channelWatermarkMs)) {
        next(record, seq, atMs);
        return;
      }
      context.counters.late += 1;
      if (late !== null) context.output.addRecord({ kind: "topic", name: late }, 0, record);
    });
  };
}

function latenessOf(spec: Window): (atMs: number, watermarkMs: number) => boolean {
  if (spec.kind === "session") return (atMs, watermarkMs) => watermarkMs > atMs + spec.graceMs;
  const panes = panesOf(spec);
  return (atMs, watermarkMs) => watermarkMs >= panes.lastEnd(atMs) + spec.graceMs;
}
