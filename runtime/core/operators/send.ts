// The ends of a stage: an exchange to the partitions of the next one, or a topic.

import type { ExchangeOp, SinkOp } from "../../../plan/plan.ts";
import { partitionsOf, type Target } from "../../../plan/targets.ts";
import type { CborWriter } from "../../eval/cbor-encode.ts";
import { ROW_PARTS, scratchWriter } from "../../eval/codec.ts";
import { partitionOfKey, type Records } from "../../eval/view/records.ts";
import type { Emit, StageContext } from "../context.ts";
import { combinerOf } from "./combiner.ts";
import type { EmitAt } from "./window.ts";

/** Sends keys and columns as a row (see `encodeRow`) to the partition of its keys, or sums them up with others. */
export function exchange<R>(op: ExchangeOp, context: StageContext, records: Records<R>): EmitAt<R> {
  const target: Target = { kind: "exchange", name: op.to };
  const keys = records.keying(op.keys, partitionsOf(context.plan, target));
  const writeColumns = op.columns.map((column) => records.writing(column));
  const columns = writeColumns.length + (op.known === true ? 1 : 0);
  const combiner = combinerOf(op, target, keys.partition, context);
  const write = (record: R, timeMs: number, writer: CborWriter): void => {
    writer.listHeader(columns);
    for (const writeColumn of writeColumns) writeColumn(record, writer);
    if (op.known === true) writer.number(Math.max(timeMs, context.message.channelWatermarkMs));
  };
  const isCombined = (record: R, seq: number, timeMs: number): boolean => {
    if (combiner === null || combiner.passes()) return false;
    const row = scratchWriter();
    keys.write(row);
    const columnsAt = row.length;
    write(record, timeMs, row);
    return combiner.takes(row, columnsAt, timeMs, seq);
  };
  return (record, seq, timeMs) => {
    try {
      keys.take(record);
      if (isCombined(record, seq, timeMs)) return;
      const writer = context.begin(target, keys.partition());
      writer.listHeader(ROW_PARTS);
      writer.number(timeMs);
      writer.number(seq);
      keys.write(writer);
      write(record, timeMs, writer);
      context.sendBegun();
    } catch (error) {
      context.refuse("exchange", records, record, error);
    }
  };
}

/** Publishes the record to a topic; the partition is that of the key. Then `next` gets it, if there is one. */
export function sink<R>(
  op: SinkOp,
  context: StageContext,
  records: Records<R>,
  next: Emit<R> | null,
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
    context.sendBegun();
  });
  return (record, seq) => {
    send(record, seq);
    next?.(record, seq);
  };
}
