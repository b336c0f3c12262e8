// The ends of a stage: an exchange to the partitions of the next one, or a topic.

import { partitionOf } from "../../../plan/partition.ts";
import type { ExchangeOp, SinkOp } from "../../../plan/plan.ts";
import { partitionsOf, type Target } from "../../../plan/targets.ts";
import { encodeRecord, encodeRow } from "../../eval/codec.ts";
import { compileExpr } from "../../eval/compile-expr.ts";
import { canonicalKey } from "../../eval/values.ts";
import type { Emit, StageContext } from "../context.ts";
import type { EmitAt } from "./window.ts";

/** Evaluates keys and columns, and sends the row to the partition of its keys. */
export function exchange(op: ExchangeOp, context: StageContext): EmitAt {
  const target: Target = { kind: "exchange", name: op.to };
  const partitions = partitionsOf(context.plan, target);
  const keys = op.keys.map(compileExpr);
  const columns = op.columns.map(compileExpr);
  return (record, seq, timeMs) => {
    context.guard("exchange", record, () => {
      const key = keys.map((evaluate) => evaluate(record));
      const values = columns.map((evaluate) => evaluate(record));
      if (op.known === true) values.push(Math.max(timeMs, context.message.channelWatermarkMs));
      const row = { timeMs, seq, keys: key, columns: values };
      // Encoded first: it has a limit, which the text of a key has not.
      const encoded = encodeRow(row);
      context.send(target, partitionOf(canonicalKey(key), partitions), encoded);
    });
  };
}

/** Publishes the record to a topic; the partition is that of the key. Then `next` gets it, if there is one. */
export function sink(op: SinkOp, context: StageContext, next: Emit | null): Emit {
  const target: Target = { kind: "topic", name: op.topic };
  const partitions = partitionsOf(context.plan, target);
  const keyOf = op.key === null ? null : compileExpr(op.key);
  const rankOf = op.rank === undefined ? null : compileExpr(op.rank);
  return (record, seq) => {
    context.guard("sink", record, () => {
      const partition = keyOf === null ? 0 : partitionOf(canonicalKey([keyOf(record)]), partitions);
      const sent = rankOf === null ? record : { ...record, rank: rankOf(record) };
      context.send(target, partition, encodeRecord(sent));
    });
    next?.(record, seq);
  };
}
