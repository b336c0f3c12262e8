// Every operator of a chain, those in the arms of its branches included.

import type { Op } from "./plan.ts";

/** `ops` and everything inside their branches, in the order they are written. */
export function* everyOp(ops: readonly Op[]): Generator<Op> {
  for (const op of ops) {
    yield op;
    if (op.op !== "branch") continue;
    for (const arm of op.arms) yield* everyOp(arm.ops);
  }
}
