// How the operators of a stage get at their records, whatever those are: objects, or events that are still
// bytes. Operators are written once, against this.

import type { Expr } from "../../../plan/expr.ts";
import { partitionOf } from "../../../plan/partition.ts";
import type { CborWriter } from "../cbor-encode.ts";
import { compileExpr, compilePredicate, type DropReason } from "../compile-expr.ts";
import { EvaluationError } from "../eval-error.ts";
import { canonicalKey, Instant, type RecordValue, type Value } from "../values.ts";

/** Records of one kind at one place in a chain of operators. */
export interface Records<R> {
  compile(expr: Expr): (record: R) => Value;
  predicate(expr: Expr): (record: R) => boolean | DropReason;
  /** Writes the value of `expr` as one CBOR item. */
  writing(expr: Expr): (record: R, writer: CborWriter) => void;
  keying(keys: readonly Expr[], partitions: number): Keying<R>;
  /** Writes the record as one CBOR item. */
  write(record: R, writer: CborWriter): void;
  whole(record: R): RecordValue;
  /** The event time in milliseconds. @throws EvaluationError when `time` is no instant */
  timeMs(record: R): number;
  /** Whether `expr` is the event time. */
  isTime(expr: Expr): boolean;
  /** The records that come of these when a field is added or replaced. */
  adding(name: string): {
    readonly records: Records<R>;
    readonly add: (record: R, value: Value) => R;
  };
}

/** The keys of an exchange. */
export type Keying<R> = {
  /** Turns to a record: what follows is of it. */
  readonly take: (record: R) => void;
  readonly partition: () => number;
  /** Writes the values of the keys as a list. */
  readonly write: (writer: CborWriter) => void;
};

/** Records that are objects. */
export const OBJECTS: Records<RecordValue> = {
  compile: (expr) => compileExpr(expr),
  predicate: (expr) => compilePredicate(expr),
  writing: (expr) => {
    const evaluate = compileExpr(expr);
    return (record, writer) => writer.value(evaluate(record));
  },
  keying: (keys, partitions) => {
    const evaluate = keys.map((key) => compileExpr(key));
    let values: Value[] = [];
    return {
      take: (record) => {
        values = evaluate.map((key) => key(record));
      },
      partition: () => partitionOfKey(values, partitions),
      write: (writer) => writer.list(values, -1),
    };
  },
  write: (record, writer) => writer.value(record),
  whole: (record) => record,
  timeMs: timeOf,
  isTime: () => false,
  adding: (name) => ({ records: OBJECTS, add: (record, value) => ({ ...record, [name]: value }) }),
};

/** The partition of a key; a text is not made where there is only one. */
export function partitionOfKey(key: readonly Value[], partitions: number): number {
  return partitions === 1 ? 0 : partitionOf(canonicalKey(key), partitions);
}

/** The event time of a record in milliseconds. Every record has one: sources and operators see to it. */
export function timeOf(record: RecordValue): number {
  const time = record.time;
  if (time instanceof Instant) return time.ms;
  throw new EvaluationError("record without time", "`time` is not an instant");
}
