// What lowering an expression needs to know about its surroundings.

import type { Expr } from "../../plan/expr.ts";
import type { Report } from "../diagnostics/diagnostic.ts";
import type { Scope } from "../resolve/scope.ts";
import type { CallShape, ExprNode, Span } from "../syntax/ast.ts";

/** Nodes of one expression after functions are inlined; one more is FPL0192. */
export const EXPR_NODES_MAX = 10_000;

export type Env = {
  readonly scope: Scope;
  readonly report: Report;
  /** Parameters of the function being inlined: bare names that stand for their arguments. */
  readonly locals: ReadonlyMap<string, Expr>;
  /** `$name`s bound by `let … in` around here. */
  readonly lets: ReadonlySet<string>;
  /** Functions being inlined, outermost first: to find recursion. */
  readonly inlining: readonly string[];
  readonly depth: number;
  readonly budget: Budget;
  /** Inside an aggregate entry of `reduce`: what an aggregate call becomes. */
  readonly aggregate: ((call: CallShape, span: Span) => Expr) | null;
  /** The only fields that may stand bare, where that is restricted. */
  readonly bareFields: ReadonlySet<string> | null;
  /** The fields of the syntax that are the `duration` of a window. */
  readonly durations: ReadonlySet<object>;
};

/** Shared by everything lowered for one expression. */
export type Budget = { nodesLeft: number; exceeded: boolean };

export function newEnv(
  scope: Scope,
  report: Report,
  durations: ReadonlySet<object> = new Set(),
): Env {
  return {
    scope,
    report,
    locals: new Map(),
    lets: new Set(),
    inlining: [],
    depth: 0,
    budget: { nodesLeft: EXPR_NODES_MAX, exceeded: false },
    aggregate: null,
    bareFields: null,
    durations,
  };
}

/** The same surroundings for another expression: with a budget of its own. */
export function freshEnv(env: Env): Env {
  return { ...env, budget: { nodesLeft: EXPR_NODES_MAX, exceeded: false } };
}

export const NULL: Expr = { k: "literal", value: null };
export const CURRENT: Expr = { k: "current" };

/** `lowerExpr`, handed to the modules it calls so that they need not import it back. */
export type Lower = (node: ExprNode, env: Env) => Expr;

/** Surroundings where `@` is not the record: bare fields are those of an element. */
export function nested(env: Env): Env {
  return { ...env, bareFields: null };
}
