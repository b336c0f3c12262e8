// The ends of a stage: an exchange to the partitions of the next one, or a topic.

import type { ExchangeOp, Op, SinkOp } from "../../../plan/plan.ts";
import { partitionsOf, type Target } from "../../../plan/targets.ts";
import type { CborWriter } from "../../eval/cbor-encode.ts";
import { ROW_PARTS, scratchWriter } from "../../eval/codec.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import { contentsHash, writeOrder } from "../../eval/record-order.ts";
import { partitionOfKey, type Records } from "../../eval/view/records.ts";
import type { Emit, StageContext } from "../context.ts";
import { combinerOf } from "./combiner.ts";
import type { EmitAt } from "./window.ts";

/** Sends keys and columns as a row (see `encodeRow`) to the partition of its keys, or sums them up with others. */
export function exchange<R>(op: ExchangeOp, context: StageContext, records: Records<R>): EmitAt<R> {
  const target: Target = { kind: "exchange", name: op.to };
  const keys = records.keying(op.keys, partitionsOf(context.plan, target));
  const writeColumns = columnsOf(op, context, records);
  const combiner = combinerOf(op, target, keys.partition, context);
  const handsOn = isHandedOn(op, context);
  const isCombined = (record: R, timeMs: number): boolean => {
    if (combiner === null || combiner.passes()) return false;
    const row = scratchWriter();
    keys.write(row);
    const columnsAt = row.length;
    writeColumns(record, timeMs, row);
    return combiner.takes(row, columnsAt, timeMs);
  };
  const begin = (timeMs: number, contents: number): CborWriter => {
    const writer = context.begin(target, keys.partition());
    writer.listHeader(ROW_PARTS);
    writer.number(timeMs);
    if (op.seen === true) writeOrder(writer, context.order, contents, timeMs, handsOn);
    else writer.number(context.order.seq);
    return writer;
  };
  return (record, timeMs) => {
    try {
      keys.take(record);
      if (isCombined(record, timeMs)) return;
      if (op.seen === true && context.order.seq === 0) {
        // Told apart by its contents alone, which therefore have to be there before its order is.
        const row = scratchWriter();
        keys.write(row);
        writeColumns(record, timeMs, row);
        const contents = contentsHash(row.bytes, 0, row.length);
        begin(timeMs, contents).raw(row.bytes, 0, row.length);
      } else {
        const writer = begin(timeMs, 0);
        keys.write(writer);
        writeColumns(record, timeMs, writer);
      }
      context.sendBegun(null);
    } catch (error) {
      context.refuse("exchange", records, record, error);
    }
  };
}

/** Whether records go on behind the exchange with the order that they have in front of it. */
function isHandedOn({ to }: ExchangeOp, { plan }: StageContext): boolean {
  return plan.stages.find(({ id }) => id === to)?.ops[0]?.op === "dedup";
}

/** Writes the columns of a row as a list. */
function columnsOf<R>(
  op: ExchangeOp,
  context: StageContext,
  records: Records<R>,
): (record: R, timeMs: number, writer: CborWriter) => void {
  const writeColumns = op.columns.map((column) => records.writing(column));
  const count = writeColumns.length + (op.known === true ? 1 : 0);
  return (record, timeMs, writer) => {
    writer.listHeader(count);
    for (const writeColumn of writeColumns) writeColumn(record, writer);
    if (op.known === true) writer.number(Math.max(timeMs, context.judgedMs));
  };
}

/**
 * Publishes the record to a topic; the partition is that of the key. Then `next` gets it, if there is one: later,
 * when there is enough to be drained.
 */
export function sink<R>(
  op: SinkOp,
  context: StageContext,
  records: Records<R>,
  next: { readonly ops: readonly Op[]; readonly emit: Emit<R> } | null,
): Emit<R> {
  const target: Target = { kind: "topic", name: op.topic };
  const partitions = partitionsOf(context.plan, target);
  const keyOf = op.key === null ? null : records.compile(op.key);
  const rankOf = op.rank === undefined ? null : records.compile(op.rank);
  const send = context.guard("sink", records, (record) => {
    const partition = keyOf === null ? 0 : partitionOfKey([keyOf(record)], partitions);
    const writer = context.begin(target, partition);
    if (rankOf === null) records.write(record, writer);
    else writer.value({ ...records.whole(record), rank: rankOf(record) });
    context.sendBegun(timeOrNone(records, record));
  });
  if (next === null) return send;
  const { ops, emit } = next;
  return (record) => {
    send(record);
    if (!context.isPausing) emit(record);
    else {
      const resume = (): void => emit(record);
      const paused = { ops, record: () => records.whole(record), from: 0, resume };
      context.pause(paused, context.order.place);
    }
  };
}

/** The time of a record, milliseconds; NaN when its `time` is no instant. */
function timeOrNone<R>(records: Records<R>, record: R): number {
  try {
    return records.timeMs(record);
  } catch (error) {
    if (error instanceof EvaluationError) return Number.NaN;
    throw error;
  }
}
