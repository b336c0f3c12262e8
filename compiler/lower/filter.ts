// `filter`: into the subjects of the source where it can be said there, and the rest as an operator.

import type { Expr } from "../../plan/expr.ts";
import type { Input } from "../../plan/plan.ts";
import type { ExprNode } from "../syntax/ast.ts";
import type { Draft } from "./draft.ts";
import { freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { pushDown } from "./pushdown.ts";

/** Adds a filter by `node` to the current ops. */
export function lowerFilter(node: ExprNode, draft: Draft): void {
  const expr = lowerExpr(node, freshEnv(draft.env));
  const first = draft.ops === draft.stage.ops && draft.ops.every(({ op }) => op === "filter");
  const rest = first ? narrowInputs(draft.stage.inputs, expr) : expr;
  if (rest !== null) draft.ops.push({ op: "filter", expr: rest });
}

/** Narrows every input, in place. What all of them leave over alike is left; else the whole filter. */
function narrowInputs(inputs: Input[], filter: Expr): Expr | null {
  const narrowed = inputs.map((input) =>
    input.kind === "firehose" && input.as === undefined
      ? pushDown(input, filter)
      : { input, rest: filter },
  );
  inputs.splice(0, inputs.length, ...narrowed.map(({ input }) => input));
  const rests = new Set(narrowed.map(({ rest }) => JSON.stringify(rest)));
  return rests.size === 1 ? (narrowed[0]?.rest ?? null) : filter;
}
