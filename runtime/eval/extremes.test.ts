// Every operator and function over the least and the greatest there is: what comes is a value, or an error with a reason.

import { describe, expect, it } from "vitest";
import type { ArithmeticOp, Expr } from "../../plan/expr.ts";
import { FUNCTIONS, type FunctionName } from "../../plan/functions.ts";
import { decodeValue, encodeRecord } from "./codec.ts";
import { compileExpr } from "./compile-expr.ts";
import { EvaluationError } from "./eval-error.ts";
import { BUILTINS } from "./functions/index.ts";
import { INSTANT_MS_MAX, INSTANT_MS_MIN } from "./time.ts";
import { canonicalKey, Duration, Instant, type Value } from "./values.ts";

const OPS: readonly ArithmeticOp[] = ["+", "-", "*", "/", "//", "%"];
const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[]; // its keys are these names

const NUMBERS = [Number.MAX_VALUE, 1e308, 2 ** 53, 0.5, 5e-324, 0].flatMap((x) => [x, -x]);
const EXTREMES: readonly Value[] = [
  ...NUMBERS,
  ...[INSTANT_MS_MIN, 0, INSTANT_MS_MAX].map((ms) => new Instant(ms)),
  ...[Number.MIN_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER].map((ms) => new Duration(ms)),
  [Number.MAX_VALUE, 1e308],
  [1e308, 1e308, -1.5e308],
  [-Number.MAX_VALUE, -Number.MAX_VALUE],
  "1e999",
  "-1e308",
  "jzzzzzzzzzzzz",
  null,
];

const LEFT: Expr = { k: "index", of: { k: "current" }, at: 0 };
const RIGHT: Expr = { k: "index", of: { k: "current" }, at: 1 };

/** Of one or two arguments; `&expr` is what sorts and picks, and makes nothing. */
const CALLS = FUNCTION_NAMES.filter((fn) => BUILTINS[fn].kind === "plain").flatMap((fn): Expr[] => {
  const { min, max } = FUNCTIONS[fn];
  const calls: Expr[] = [];
  if (min <= 1) calls.push({ k: "call", fn, args: [LEFT] });
  if (min <= 2 && (max ?? 2) >= 2) calls.push({ k: "call", fn, args: [LEFT, RIGHT] });
  return calls;
});
const EXPRESSIONS: readonly Expr[] = [
  ...OPS.map((op): Expr => ({ k: "arithmetic", op, left: LEFT, right: RIGHT })),
  { k: "negate", of: LEFT },
  ...CALLS,
];

function outcome(evaluate: () => Value): string {
  try {
    return canonicalKey([evaluate()]);
  } catch (error) {
    if (error instanceof EvaluationError) return `error: ${error.reason}`;
    throw error;
  }
}

describe("an expression over extremes", () => {
  it("gives what can be stored, or an error", () => {
    const outcomes = new Set<string>();
    for (const expr of EXPRESSIONS) {
      const evaluate = compileExpr(expr);
      for (const args of EXTREMES.flatMap((a) => EXTREMES.map((b) => [a, b]))) {
        const given = outcome(() => evaluate(args));
        const stored = outcome(() => decodeValue(encodeRecord(evaluate(args))));
        if (stored !== given) expect.soft(stored, JSON.stringify([expr, args])).toBe(given);
        outcomes.add(given);
      }
    }
    for (const what of ["number", "instant", "duration"]) {
      expect(outcomes).toContain(`error: ${what} out of range`);
    }
  });

  it.each<[FunctionName, Value, Value]>([
    ["sum", [1e308, 1e308, -1.5e308], 5e307],
    ["sum", [1e16, 1, -1e16], 1],
    ["avg", [1e308, 1e308], 1e308],
    ["avg", [-Number.MAX_VALUE, -Number.MAX_VALUE], -Number.MAX_VALUE],
  ])("%s(%j) does not overflow on the way", (fn, list, expected) => {
    expect(compileExpr({ k: "call", fn, args: [LEFT] })([list])).toBe(expected);
  });
});
