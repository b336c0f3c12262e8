// The operators of a chain: all of them, those in the arms of its branches included; and which keep state.

import type { Aggregate, DedupOp, FoldOp, Op, ReduceOp, TopOp } from "./plan.ts";

/** An operator that remembers something between records: the first of its stage. */
export type StatefulOp = ReduceOp | FoldOp | TopOp | DedupOp;

export function isStateful(op: Op): op is StatefulOp {
  return op.op === "reduce" || op.op === "fold" || op.op === "top" || op.op === "dedup";
}

/** Whether what an aggregate gives depends on the order of the rows. */
export function isOrdered({ fn }: Aggregate): boolean {
  return fn === "first" || fn === "last" || fn === "collect";
}

/** `ops` and everything inside their branches, in the order they are written. */
export function* everyOp(ops: readonly Op[]): Generator<Op> {
  for (const op of ops) {
    yield op;
    if (op.op !== "branch") continue;
    for (const arm of op.arms) yield* everyOp(arm.ops);
  }
}
