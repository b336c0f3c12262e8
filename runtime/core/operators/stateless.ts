// Operators without state: filter, map, let, unnest, sample. Each turns an `Emit` downstream into one upstream.

import type { Expr } from "../../../plan/expr.ts";
import type { Op } from "../../../plan/plan.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import { hash } from "../../eval/functions/hash.ts";
import { isRecord, type Value } from "../../eval/values.ts";
import type { Records } from "../../eval/view/records.ts";
import type { Emit, StageContext } from "../context.ts";

/** Keeps records for which `expr` is `true`; the others are counted by reason. */
export function filter<R>(
  expr: Expr,
  context: StageContext,
  records: Records<R>,
  next: Emit<R>,
): Emit<R> {
  const holds = records.predicate(expr);
  return (record) => {
    const answer = holds(record);
    if (answer === true) next(record);
    else context.drop(answer === false ? "false" : answer);
  };
}

/** Replaces the record by the value of `expr`, which keeps the old `time` unless it has its own. */
export function map<R>(
  expr: Expr,
  context: StageContext,
  records: Records<R>,
  next: Emit,
): Emit<R> {
  const evaluate = records.compile(expr);
  const time = records.compile({ k: "field", of: { k: "current" }, name: "time" });
  return context.guard("map", records, (record) => {
    const mapped = evaluate(record);
    if (!isRecord(mapped)) throw new EvaluationError("map gave no object", "map needs an object");
    next(mapped.time === undefined ? { ...mapped, time: time(record) } : mapped);
  });
}

/** Adds a field: `next` takes records `add` has made. */
export function letField<R>(
  expr: Expr,
  context: StageContext,
  records: Records<R>,
  { add, next }: Adding<R>,
): Emit<R> {
  const evaluate = records.compile(expr);
  return context.guard("let", records, (record) => {
    next(add(record, evaluate(record)));
  });
}

/**
 * One record per element of the list `expr`, the element added as a field; null gives none. It stops between two of
 * them when there is enough to be drained.
 * @param ops the operator itself and those behind it
 */
export function unnest<R>(
  ops: readonly Op[],
  expr: Expr,
  context: StageContext,
  records: Records<R>,
  { add, next }: Adding<R>,
): Unnest<R> {
  const evaluate = records.compile(expr);
  const { output, paused } = context;
  const goOn = (record: R, list: readonly Value[], from: number): void => {
    const { place } = context.order;
    const depth = place.length;
    try {
      for (let i = from; i < list.length; i += 1) {
        place[depth] = i;
        next(add(record, list[i] ?? null));
        // As `context.isPausing`, of every element.
        if (paused.length === 0 && !output.isFull) continue;
        if (i + 1 < list.length) pause(record, list, i + 1, place.slice(0, depth));
        return;
      }
    } finally {
      place.length = depth;
    }
  };
  const pause = (record: R, list: readonly Value[], from: number, place: number[]): void => {
    const resume = (): void => goOn(record, list, from);
    context.pause({ ops, record: () => records.whole(record), from, resume }, place);
  };
  const begin = (record: R, from: number): void => {
    const list = evaluate(record);
    if (list === null) return;
    if (!Array.isArray(list)) throw new EvaluationError("unnest of no list", "unnest needs a list");
    goOn(record, list, from);
  };
  return {
    emit: context.guard("unnest", records, (record) => begin(record, 0)),
    resume: begin,
  };
}

/** `resume` goes on at element `from` of a record that was taken before. */
export type Unnest<R> = {
  readonly emit: Emit<R>;
  readonly resume: (record: R, from: number) => void;
};

/** Keeps the records whose `by` hashes below `fraction` of the range: the same ones everywhere, always. */
export function sample<R>(
  { fraction, by }: { readonly fraction: number; readonly by: Expr },
  context: StageContext,
  records: Records<R>,
  next: Emit<R>,
): Emit<R> {
  const evaluate = records.compile(by);
  const below = fraction * 2 ** 53;
  return context.guard("sample", records, (record) => {
    if (Number(hash(evaluate(record))) < below) next(record);
    else context.drop("sampled out");
  });
}

/** How a field is added, and who takes what comes of it. */
export type Adding<R> = {
  readonly add: (record: R, value: Value) => R;
  readonly next: Emit<R>;
};
