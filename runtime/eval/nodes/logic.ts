// `&&`, `||`, `!`, `? :` and `??`: all by JMESPath truth but the last, and all leaving out what they can.

import type { Expr } from "../../../plan/expr.ts";
import type { Compile, Node, Scope } from "../evaluate.ts";
import { isTruthy } from "../values.ts";

type Of<K extends Expr["k"]> = Extract<Expr, { k: K }>;

/** The left value when it is false, else the right one. */
export function compileAnd(expr: Of<"and">, scope: Scope, compile: Compile): Node {
  const left = compile(expr.left, scope);
  const right = compile(expr.right, scope);
  return (current, frame) => {
    const value = left(current, frame);
    return value === true || isTruthy(value) ? right(current, frame) : value;
  };
}

/** The left value when it is true, else the right one. */
export function compileOr(expr: Of<"or">, scope: Scope, compile: Compile): Node {
  const left = compile(expr.left, scope);
  const right = compile(expr.right, scope);
  return (current, frame) => {
    const value = left(current, frame);
    return value === true || isTruthy(value) ? value : right(current, frame);
  };
}

export function compileNot(expr: Of<"not">, scope: Scope, compile: Compile): Node {
  const of = compile(expr.of, scope);
  return (current, frame) => !isTruthy(of(current, frame));
}

export function compileCond(expr: Of<"cond">, scope: Scope, compile: Compile): Node {
  const test = compile(expr.test, scope);
  const then = compile(expr.then, scope);
  const otherwise = compile(expr.else, scope);
  return (current, frame) =>
    isTruthy(test(current, frame)) ? then(current, frame) : otherwise(current, frame);
}

/** The right value only where the left is null. */
export function compileCoalesce(expr: Of<"coalesce">, scope: Scope, compile: Compile): Node {
  const left = compile(expr.left, scope);
  const right = compile(expr.right, scope);
  return (current, frame) => left(current, frame) ?? right(current, frame);
}
