// Sends each record down the first arm that wants it.
//
//   arm(record) = first i with whenᵢ(record) = true;  none: dropped

import type { Expr } from "../../../plan/expr.ts";
import type { Records } from "../../eval/view/records.ts";
import type { Emit, StageContext } from "../context.ts";

/** `when` null takes every record; `next` null drops it. */
export type ArmTarget<R> = { readonly when: Expr | null; readonly next: Emit<R> | null };

/** Null and errors in a condition are not true: the next arm is asked. */
export function branch<R>(
  arms: readonly ArmTarget<R>[],
  context: StageContext,
  records: Records<R>,
): Emit<R> {
  const compiled = arms.map(({ when, next }) => ({
    wants: when === null ? () => true : records.predicate(when),
    next,
  }));
  return (record) => {
    const arm = compiled.find(({ wants }) => wants(record) === true);
    if (arm === undefined) context.drop("no branch");
    else if (arm.next === null) context.drop("branch drop");
    else arm.next(record);
  };
}
