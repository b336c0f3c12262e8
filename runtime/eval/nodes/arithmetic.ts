// Arithmetic on numbers, instants and durations. Whatever is not finite is an error, never a value.

import type { ArithmeticOp, Expr } from "../../../plan/expr.ts";
import { EvaluationError } from "../eval-error.ts";
import type { Compile, Node, Scope } from "../evaluate.ts";
import { durationOf, instantAt } from "../time.ts";
import { Duration, Instant, typeName, type Value } from "../values.ts";

type Of<K extends Expr["k"]> = Extract<Expr, { k: K }>;

/** `+ - * / // %`; see `timeArithmetic` for what instants and durations give. */
export function compileArithmetic(expr: Of<"arithmetic">, scope: Scope, compile: Compile): Node {
  const left = compile(expr.left, scope);
  const right = compile(expr.right, scope);
  const { op } = expr;
  const apply = NUMERIC[op];
  return (current, frame) => {
    const a = left(current, frame);
    const b = right(current, frame);
    if (typeof a === "number" && typeof b === "number") return finite(apply(a, b));
    return timeArithmetic(op, a, b) ?? refuse(op, a, b);
  };
}

export function compileNegate(expr: Of<"negate">, scope: Scope, compile: Compile): Node {
  const of = compile(expr.of, scope);
  return (current, frame) => {
    const value = of(current, frame);
    if (typeof value === "number") return -value;
    if (value instanceof Duration) return durationOf(-value.ms);
    throw new EvaluationError("invalid type for -", `-${typeName(value)}`);
  };
}

/** `//` rounds down, `%` has the sign of the dividend (as JMESPath community's own). */
const NUMERIC: Record<ArithmeticOp, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / nonZero(b),
  "//": (a, b) => Math.floor(a / nonZero(b)),
  "%": (a, b) => a % nonZero(b),
};

/**
 * Instant ± duration is an instant, instant − instant a duration; durations add, subtract, scale by
 * numbers, and divide to a number. Null for anything else.
 */
function timeArithmetic(op: ArithmeticOp, a: Value, b: Value): Value {
  if (a instanceof Instant) {
    if (b instanceof Instant) return op === "-" ? durationOf(a.ms - b.ms) : null;
    if (!(b instanceof Duration)) return null;
    return op === "+" || op === "-" ? instantAt(NUMERIC[op](a.ms, b.ms)) : null;
  }
  if (b instanceof Instant) {
    return a instanceof Duration && op === "+" ? instantAt(a.ms + b.ms) : null;
  }
  if (a instanceof Duration && b instanceof Duration) return durations(op, a.ms, b.ms);
  return scaled(op, a, b);
}

function durations(op: ArithmeticOp, a: number, b: number): Value {
  switch (op) {
    case "+":
    case "-":
    case "%":
      return durationOf(NUMERIC[op](a, b));
    case "/":
    case "//":
      return finite(NUMERIC[op](a, b));
    case "*":
      return null;
  }
}

function scaled(op: ArithmeticOp, a: Value, b: Value): Value {
  if (a instanceof Duration && typeof b === "number") {
    return op === "*" || op === "/" ? durationOf(NUMERIC[op](a.ms, b)) : null;
  }
  if (typeof a === "number" && b instanceof Duration && op === "*") return durationOf(a * b.ms);
  return null;
}

function refuse(op: ArithmeticOp, a: Value, b: Value): never {
  throw new EvaluationError(`invalid type for ${op}`, `${typeName(a)} ${op} ${typeName(b)}`);
}

function nonZero(divisor: number): number {
  if (divisor === 0) throw new EvaluationError("division by zero");
  return divisor;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new EvaluationError("number out of range");
  return value;
}
