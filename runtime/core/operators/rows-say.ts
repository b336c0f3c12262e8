// Asks the plan what rows tell of themselves.

import { everyOp } from "../../../plan/ops.ts";
import type { ExchangeOp } from "../../../plan/plan.ts";
import type { StageContext } from "../context.ts";

/** Whether all exchanges in front of the stage have rows say what they have `seen`, or when they were `known`. */
export function rowsSay(what: "seen" | "known", { plan, stage }: StageContext): boolean {
  const ops = plan.stages.flatMap((one) => [...everyOp(one.ops)]);
  const feeding = ops.filter((op): op is ExchangeOp => op.op === "exchange" && op.to === stage.id);
  return feeding.length > 0 && feeding.every((op) => op[what] === true);
}
