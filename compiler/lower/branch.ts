// `branch`: every arm is a chain of its own, with sinks of its own.

import { BRANCH_DEPTH_MAX, type BranchArm } from "../../plan/plan.ts";
import type { ArmNode, Span, StageNode } from "../syntax/ast.ts";
import type { Draft } from "./draft.ts";
import { freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";

/** Arms of one `branch`; one more is FPL0419. */
export const BRANCH_ARMS_MAX = 32;

/** Ends the current ops with a branch. @param lowerStages lowers the chain of an arm into a draft. */
export function lowerBranch(
  arms: readonly ArmNode[],
  span: Span,
  draft: Draft,
  lowerStages: (stages: readonly StageNode[], draft: Draft) => void,
): void {
  const { report } = draft.env;
  if (draft.branchDepth >= BRANCH_DEPTH_MAX) {
    report("FPL0419", span, `branches nest at most ${BRANCH_DEPTH_MAX} deep`);
    return;
  }
  if (arms.length > BRANCH_ARMS_MAX) {
    report("FPL0419", span, `a branch has at most ${BRANCH_ARMS_MAX} arms`);
  }
  for (const [i, arm] of arms.entries()) {
    if (arm.when !== null || i === arms.length - 1 || isBroken(arm)) continue;
    report("FPL0419", arm.span, "`else` stands last: the arms behind it would get nothing");
  }
  const lowered = arms.map((arm) => lowerArm(arm, draft, lowerStages));
  draft.ops.push({ op: "branch", arms: lowered });
}

function lowerArm(
  arm: ArmNode,
  draft: Draft,
  lowerStages: (stages: readonly StageNode[], draft: Draft) => void,
): BranchArm {
  const { env } = draft;
  const when = arm.when === null ? null : lowerExpr(arm.when, freshEnv(env));
  const ops: BranchArm["ops"][number][] = [];
  const [only, ...more] = arm.stages;
  if (only?.kind === "drop" && more.length === 0) return { when, ops };
  const inner: Draft = { ...draft, ops, sink: null, branchDepth: draft.branchDepth + 1 };
  lowerStages(arm.stages, inner);
  if (inner.sink === null && !isBroken(arm)) {
    env.report("FPL0504", arm.span, "this arm has no sink", {
      help: "end it with `|> to topic('name')`, or write `=> drop`",
    });
  }
  return { when, ops };
}

/** Whether the parser has reported something in the arm: it has no end then, or gaps. */
function isBroken(arm: ArmNode): boolean {
  return arm.span.end === 0 || arm.stages.some((stage) => stage.kind === "error");
}
