// Programs of one pipeline, for tests and benches.

import type { Plan } from "../../plan/plan.ts";
import { compile } from "../compile.ts";

/** The plan of a program of one pipeline. @throws with all that is wrong with it */
export function planOf(text: string): Plan {
  const { plans, diagnostics } = compile({ file: "test.fpl", text });
  const [plan] = plans;
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return plan;
}
