// The ends of a stage: an exchange to the partitions of the next one, or a topic.

import type { ExchangeOp, SinkOp } from "../../../plan/plan.ts";
import { partitionsOf, type Target } from "../../../plan/targets.ts";
import type { CborWriter } from "../../eval/cbor-encode.ts";
import { ROW_PARTS, written } from "../../eval/codec.ts";
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
  let columnsAt = 0;
  let timeMs = 0;
  const write = (record: R, writer: CborWriter): void => {
    keys.write(record, writer);
    columnsAt = writer.length;
    writer.listHeader(columns);
    for (const writeColumn of writeColumns) writeColumn(record, writer);
    if (op.known === true) writer.number(Math.max(timeMs, context.message.channelWatermarkMs));
  };
  const send = context.guard("exchange", records, (record, seq) => {
    if (combiner !== null && !combiner.passes()) {
      const row = written((writer) => write(record, writer));
      if (combiner.takes(row, columnsAt, timeMs, seq)) return;
    }
    const row = written((writer) => {
      writer.listHeader(ROW_PARTS);
      writer.number(timeMs);
      writer.number(seq);
      write(record, writer);
    });
    context.send(target, keys.partition(), row);
  });
  return (record, seq, atMs) => {
    timeMs = atMs;
    send(record, seq);
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
    const item = written((writer) => {
      if (rankOf === null) records.write(record, writer);
      else writer.value({ ...records.whole(record), rank: rankOf(record) });
    });
    context.send(target, partition, item);
  });
  return (record, seq) => {
    send(record, seq);
    next?.(record, seq);
  };
}
