import fc from "fast-check";
import { expect, it } from "vitest";
import type { Expr } from "../../plan/expr.ts";
import { arbitraryValue } from "./arbitrary.test-support.ts";
import { arbitraryExpr } from "./arbitrary-expr.test-support.ts";
import { compileExpr } from "./compile-expr.ts";
import { EvaluationError } from "./eval-error.ts";
import { interpret } from "./naive.test-support.ts";
import { canonicalKey, type Value } from "./values.ts";

/** The value by its canonical text, or the reason of the error. */
function outcome(evaluate: () => Value): string {
  try {
    return canonicalKey([evaluate()]);
  } catch (error) {
    if (error instanceof EvaluationError) return `error: ${error.reason}`;
    throw error;
  }
}

it("compiled expressions agree with the naive interpreter", () => {
  fc.assert(
    fc.property(arbitraryExpr(), arbitraryValue(), (expr, value) => {
      const evaluate = compileExpr(expr);
      const expected = outcome(() => interpret(expr, value));
      expect(outcome(() => evaluate(value))).toBe(expected);
      expect(outcome(() => evaluate(value))).toBe(expected); // nothing is left over from the first
    }),
    { numRuns: 3000 },
  );
});

it("finds values often enough for the agreement to mean something", () => {
  const found = { value: 0, null: 0, error: 0 };
  for (const [expr, value] of fc.sample(fc.tuple(arbitraryExpr(), arbitraryValue()), 2000)) {
    const text = outcome(() => compileExpr(expr)(value));
    if (text === "[n]") found.null += 1;
    else if (text.startsWith("error: ")) found.error += 1;
    else found.value += 1;
  }
  expect(found.value).toBeGreaterThan(400);
  expect(found.error).toBeGreaterThan(100);
});

it("survives being stored: an expression is JSON", () => {
  fc.assert(
    fc.property(arbitraryExpr(), arbitraryValue(), (expr, value) => {
      const stored = JSON.parse(JSON.stringify(expr)) as Expr; // what the plan store does
      expect(outcome(() => compileExpr(stored)(value))).toBe(
        outcome(() => compileExpr(expr)(value)),
      );
    }),
  );
});
