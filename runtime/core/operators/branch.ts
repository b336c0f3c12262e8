// Sends each record down the first arm that wants it.
//
//   arm(record) = first i with whenᵢ(record) = true;  none: dropped

import type { Expr } from "../../../plan/expr.ts";
import { compilePredicate } from "../../eval/compile-expr.ts";
import type { Emit, StageContext } from "../context.ts";

/** `when` null takes every record; `next` null drops it. */
export type ArmTarget = { readonly when: Expr | null; readonly next: Emit | null };

/** Null and errors in a condition are not true: the next arm is asked. */
export function branch(arms: readonly ArmTarget[], context: StageContext): Emit {
  const compiled = arms.map(({ when, next }) => ({
    wants: when === null ? () => true : compilePredicate(when),
    next,
  }));
  return (record, seq) => {
    const arm = compiled.find(({ wants }) => wants(record) === true);
    if (arm === undefined) context.drop("no branch");
    else if (arm.next === null) context.drop("branch drop");
    else arm.next(record, seq);
  };
}
