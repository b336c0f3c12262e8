// Values known at compile time: window sizes, counts, names. Folds the little arithmetic they need.

import type { Expr, Json } from "../../plan/expr.ts";

export type Constant =
  | { readonly kind: "json"; readonly value: Json }
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "instant"; readonly ms: number };

/** The value of `expr`; null when it is not known before a record is seen. */
export function constantOf(expr: Expr): Constant | null {
  if (expr.k === "literal") return json(expr.value);
  if (expr.k === "duration" || expr.k === "instant") return { kind: expr.k, ms: expr.ms };
  if (expr.k === "list") return listOf(expr.items);
  if (expr.k === "object") return objectOf(expr.entries);
  if (expr.k === "negate") {
    const of = constantOf(expr.of);
    return of === null ? null : arithmetic("*", of, json(-1));
  }
  if (expr.k !== "arithmetic") return null;
  const [left, right] = [constantOf(expr.left), constantOf(expr.right)];
  return left === null || right === null ? null : arithmetic(expr.op, left, right);
}

function listOf(items: readonly Expr[]): Constant | null {
  const values: Json[] = [];
  for (const item of items) {
    const value = jsonOf(item);
    if (value === undefined) return null;
    values.push(value);
  }
  return json(values);
}

function objectOf(entries: readonly { name: string; value: Expr }[]): Constant | null {
  const values: [string, Json][] = [];
  for (const entry of entries) {
    const value = jsonOf(entry.value);
    if (value === undefined) return null;
    values.push([entry.name, value]);
  }
  return json(Object.fromEntries(values));
}

/** A constant as an expression. */
export function constantExpr(constant: Constant): Expr {
  return constant.kind === "json"
    ? { k: "literal", value: constant.value }
    : { k: constant.kind, ms: constant.ms };
}

function json(value: Json): Constant {
  return { kind: "json", value };
}

function jsonOf(expr: Expr): Json | undefined {
  const constant = constantOf(expr);
  return constant?.kind === "json" ? constant.value : undefined;
}

function arithmetic(op: string, left: Constant, right: Constant): Constant | null {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === null || b === null) return null;
  const value = calculate(op, a, b);
  const kind = resultKind(op, left.kind, right.kind);
  if (value === null || kind === null) return null;
  return kind === "json" ? json(value) : { kind, ms: value };
}

function numberOf(constant: Constant): number | null {
  if (constant.kind !== "json") return constant.ms;
  return typeof constant.value === "number" ? constant.value : null;
}

function calculate(op: string, a: number, b: number): number | null {
  if (op === "+") return a + b;
  if (op === "-") return a - b;
  if (op === "*") return a * b;
  if (b === 0) return null;
  if (op === "/") return a / b;
  return op === "//" ? Math.floor(a / b) : null;
}

/** Duration × number = duration, instant − instant = duration, and so on; null when it has no meaning. */
function resultKind(
  op: string,
  left: Constant["kind"],
  right: Constant["kind"],
): Constant["kind"] | null {
  const kinds = `${left}${op}${right}`;
  if (left === "json" && right === "json") return "json";
  if (
    ["duration+duration", "duration-duration", "duration*json", "json*duration"].includes(kinds)
  ) {
    return "duration";
  }
  if (kinds === "duration/json" || kinds === "duration//json" || kinds === "instant-instant") {
    return "duration";
  }
  if (kinds === "duration/duration" || kinds === "duration//duration") return "json";
  return kinds === "instant+duration" || kinds === "instant-duration" ? "instant" : null;
}
