// Values of tests: constants, with instants and durations as output shows them, so that they can be
// compared with it.

import type { Expr, Json } from "../../plan/expr.ts";
import { constantOf } from "../lower/constant.ts";
import { type Env, freshEnv } from "../lower/env.ts";
import { lowerExpr } from "../lower/expr.ts";
import type { ExprNode } from "../syntax/ast.ts";

/** The value of `node`; undefined when it is none, which is reported. */
export function jsonOf(node: ExprNode, env: Env): Json | undefined {
  if (node.kind === "error") return undefined;
  let failed = false;
  const report: Env["report"] = (...said) => {
    failed = true;
    env.report(...said);
  };
  const value = fold(lowerExpr(node, freshEnv({ ...env, report })));
  if (value === undefined && !failed) {
    env.report("FPL0311", node.span, "what a test says is known before it runs", {
      help: "write a literal, a `param` or a constant",
    });
  }
  return failed ? undefined : value;
}

/** The instant `node` stands for, in milliseconds; null when it is none, which is reported. */
export function instantOf(node: ExprNode, what: string, env: Env): number | null {
  if (node.kind === "error") return null;
  const constant = constantOf(lowerExpr(node, freshEnv(env)));
  if (constant?.kind === "instant") return constant.ms;
  env.report("FPL0203", node.span, `${what} is an instant such as t'2026-07-04T00:00:00Z'`);
  return null;
}

/** Undefined when `expr` is not constant. */
function fold(expr: Expr): Json | undefined {
  if (expr.k === "list") return foldList(expr.items);
  if (expr.k === "object") {
    const values = foldList(expr.entries.map(({ value }) => value));
    if (values === undefined) return undefined;
    return Object.fromEntries(expr.entries.map(({ name }, i) => [name, values[i] ?? null]));
  }
  const constant = constantOf(expr);
  if (constant === null) return isEmptyList(expr) ? [] : undefined;
  if (constant.kind === "json") return constant.value;
  return constant.kind === "instant" ? new Date(constant.ms).toISOString() : constant.ms;
}

/** `[]` is JMESPath's flatten of the record; in a test, which has none, it is what it looks like. */
function isEmptyList(expr: Expr): boolean {
  return expr.k === "flatten" && expr.of.k === "current";
}

function foldList(exprs: readonly Expr[]): Json[] | undefined {
  const values: Json[] = [];
  for (const expr of exprs) {
    const value = fold(expr);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
