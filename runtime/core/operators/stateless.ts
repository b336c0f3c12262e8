// Operators without state: filter, map, let, unnest, sample. Each turns an `Emit` downstream into one upstream.

import type { Expr } from "../../../plan/expr.ts";
import { compileExpr, compilePredicate } from "../../eval/compile-expr.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import { hash } from "../../eval/functions/hash.ts";
import { isRecord, type RecordValue } from "../../eval/values.ts";
import type { Emit, StageContext } from "../context.ts";

/** Keeps records for which `expr` is `true`; the others are counted by reason. */
export function filter(expr: Expr, context: StageContext, next: Emit): Emit {
  const holds = compilePredicate(expr);
  return (record, seq) => {
    const answer = holds(record);
    if (answer === true) next(record, seq);
    else context.drop(answer === false ? "false" : answer);
  };
}

/** Replaces the record by the value of `expr`, which keeps the old `time` unless it has its own. */
export function map(expr: Expr, context: StageContext, next: Emit): Emit {
  const evaluate = compileExpr(expr);
  return (record, seq) => {
    context.guard("map", record, () => {
      const mapped = evaluate(record);
      if (!isRecord(mapped)) throw new EvaluationError("map gave no object", "map needs an object");
      next(withTime(mapped, record), seq);
    });
  };
}

/** Adds field `name`. */
export function letField(name: string, expr: Expr, context: StageContext, next: Emit): Emit {
  const evaluate = compileExpr(expr);
  return (record, seq) => {
    context.guard("let", record, () => {
      next({ ...record, [name]: evaluate(record) }, seq);
    });
  };
}

/** One record per element of the list `expr`, the element added as field `as`; null gives none. */
export function unnest(expr: Expr, as: string, context: StageContext, next: Emit): Emit {
  const evaluate = compileExpr(expr);
  return (record, seq) => {
    context.guard("unnest", record, () => {
      const list = evaluate(record);
      if (list === null) return;
      if (!Array.isArray(list))
        throw new EvaluationError("unnest of no list", "unnest needs a list");
      for (const element of list) next({ ...record, [as]: element }, seq);
    });
  };
}

/** Keeps the records whose `by` hashes below `fraction` of the range: the same ones everywhere, always. */
export function sample(fraction: number, by: Expr, context: StageContext, next: Emit): Emit {
  const evaluate = compileExpr(by);
  const below = fraction * 2 ** 53;
  return (record, seq) => {
    context.guard("sample", record, () => {
      if (Number(hash(evaluate(record))) < below) next(record, seq);
      else context.drop("sampled out");
    });
  };
}

function withTime(mapped: RecordValue, from: RecordValue): RecordValue {
  const own = mapped.time;
  if (own !== undefined) return mapped;
  return { ...mapped, time: from.time ?? null };
}
