// The window operator: decides, once and for all, whether a record is late.
//
// A record is late when every window that contains it is closed by the watermark that it has *seen*: that of its
// partition of the firehose, itself included, a second behind the greatest relay time there. For sessions, which
// are made of the records in order, when that watermark has passed its time + grace. What a record has seen goes
// with it over exchanges and topics, so the answer is the same however channels interleave and pipelines are
// chained; and since a stage behind waits for the least watermark of its channels, nothing that passes here can
// be late there.

import type { Expr } from "../../../plan/expr.ts";
import type { Window, WindowOp } from "../../../plan/plan.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import { Instant, type RecordValue } from "../../eval/values.ts";
import type { Records } from "../../eval/view/records.ts";
import type { Emit, StageContext } from "../context.ts";
import { panesOf } from "../windows.ts";

/** Takes a record that is not late, with the instant it counts at. */
export type EmitAt<R = RecordValue> = (record: R, atMs: number) => void;

export function window<R>(
  op: WindowOp,
  context: StageContext,
  records: Records<R>,
  next: EmitAt<R>,
): Emit<R> {
  const instantOf = instants(op.on, records);
  const { maxAheadMs, late } = op;
  const isLate = latenessOf(op.window);
  return context.guard("window", records, (record) => {
    const onMs = instantOf(record);
    const atMs = Math.min(onMs, records.timeMs(record) + maxAheadMs);
    if (!isLate(atMs, context.judgedMs)) {
      next(record, atMs);
      return;
    }
    context.counters.late += 1;
    if (late !== null) {
      context.sendAside(late, records.whole(record), records.timeMs(record));
    }
  });
}

/** The instant of `on:`, milliseconds. */
function instants<R>(on: Expr, records: Records<R>): (record: R) => number {
  if (records.isTime(on)) return (record) => records.timeMs(record);
  const evaluate = records.compile(on);
  return (record) => {
    const instant = evaluate(record);
    if (instant instanceof Instant) return instant.ms;
    throw new EvaluationError("window on no instant", "`on:` is not an instant");
  };
}

function latenessOf(spec: Window): (atMs: number, watermarkMs: number) => boolean {
  if (spec.kind === "session") return (atMs, watermarkMs) => watermarkMs > atMs + spec.graceMs;
  const panes = panesOf(spec);
  // Mostly the watermark has not come to the record itself, and then to no end of a window of it.
  return (atMs, watermarkMs) =>
    watermarkMs > atMs && watermarkMs >= panes.lastEnd(atMs) + spec.graceMs;
}
