// Short ways to write expressions in tests.

import type { ArithmeticOp, CompareOp, Expr, Json } from "../../plan/expr.ts";

export const current: Expr = { k: "current" };

/** `@.a.b` */
export function path(...names: string[]): Expr {
  return names.reduce<Expr>((of, name) => ({ k: "field", of, name }), current);
}

export function literal(value: Json): Expr {
  return { k: "literal", value };
}

export function instant(ms: number): Expr {
  return { k: "instant", ms };
}

export function duration(ms: number): Expr {
  return { k: "duration", ms };
}

export function call(fn: string, ...args: Expr[]): Expr {
  return { k: "call", fn, args };
}

export function compare(left: Expr, op: CompareOp, right: Expr, strict = false): Expr {
  return { k: "compare", op, left, right, strict };
}

export function arithmetic(left: Expr, op: ArithmeticOp, right: Expr): Expr {
  return { k: "arithmetic", op, left, right };
}

export function and(left: Expr, ...rest: Expr[]): Expr {
  return rest.reduce<Expr>((all, right) => ({ k: "and", left: all, right }), left);
}

export function has(left: Expr, right: Expr): Expr {
  return { k: "has", left, right };
}
