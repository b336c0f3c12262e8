// What runs the operators that keep state.

import type { StatefulOp } from "../../../plan/ops.ts";
import type { ReduceOp } from "../../../plan/plan.ts";
import type { StageContext } from "../context.ts";
import { Dedup } from "./dedup.ts";
import { Fold } from "./fold.ts";
import { Reduce } from "./reduce.ts";
import { ReduceChanges } from "./reduce-changes.ts";
import { Sessions } from "./sessions.ts";
import type { EmitOrdered, StatefulOperator } from "./stateful.ts";
import { Top } from "./top.ts";

export function buildStateful(
  op: StatefulOp,
  context: StageContext,
  next: EmitOrdered,
): StatefulOperator {
  switch (op.op) {
    case "reduce":
      return buildReduce(op, context, next);
    case "fold":
      return new Fold(op, context, next);
    case "top":
      return new Top(op, next);
    case "dedup":
      return new Dedup(op, context, next);
  }
}

function buildReduce(op: ReduceOp, context: StageContext, next: EmitOrdered): StatefulOperator {
  const { window } = op;
  if (window.kind === "session") return new Sessions({ ...op, window }, context, next);
  const Aligned = op.changesEveryMs === undefined ? Reduce : ReduceChanges;
  return new Aligned({ ...op, window }, context, next);
}
