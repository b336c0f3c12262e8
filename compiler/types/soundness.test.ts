// What the type checker lets pass does not fail for its types when it runs, and gives what was inferred.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expr } from "../../plan/expr.ts";
import { compileExpr } from "../../runtime/eval/compile-expr.ts";
import { EvaluationError } from "../../runtime/eval/eval-error.ts";
import type { Value } from "../../runtime/eval/values.ts";
import { compile } from "../compile.ts";
import { describeType } from "./describe.ts";
import { expression } from "./expressions.test-support.ts";
import type { Type } from "./type.ts";
import { programOf } from "./typed.test-support.ts";
import { conforms, valuesOf } from "./values.test-support.ts";

/** Expressions tried; about one in eight is well typed. */
const RUNS = 4000;
const SEED = 20_260_704;
const RECORDS_EACH = 5;

type Typed = { readonly expr: Expr; readonly record: Type; readonly type: Type };

describe("an expression without a diagnostic", () => {
  it.each([
    ["created posts", "firehose('app.bsky.feed.post') |> filter op == 'create'"],
    ["posts", "firehose('app.bsky.feed.post')"],
    ["posts and likes", "firehose('app.bsky.feed.post', 'app.bsky.feed.like')"],
  ])("over %s never fails for its types, and gives a value of its type", (_, source) => {
    let checked = 0;
    fc.assert(
      fc.property(expression(), fc.integer(), (text, seed) => {
        const typed = typedExpression(text, source);
        if (typed === null) return;
        checked += 1;
        const evaluate = compileExpr(typed.expr);
        for (const record of fc.sample(valuesOf(typed.record), { numRuns: RECORDS_EACH, seed })) {
          const value = run(evaluate, record);
          if (value === undefined || conforms(value, typed.type)) continue;
          expect.fail(`${text} is ${describeType(typed.type)}, got ${JSON.stringify(value)}`);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(checked).toBeGreaterThan(RUNS / 20);
  });
});

/** Null when something is reported. */
function typedExpression(text: string, source: string): Typed | null {
  const { plans, types, diagnostics } = compile({
    file: "p.fpl",
    text: programOf(`let it = ${text}`, { source }),
  });
  if (diagnostics.some((one) => one.severity === "error")) return null;
  const ops = plans.flatMap((plan) => plan.stages.flatMap((stage) => stage.ops));
  const op = ops.find((one) => one.op === "let");
  const stages = types[0]?.stages ?? [];
  const at = stages.findIndex(({ stage }) => stage.kind === "let");
  const record = stages[at - 1]?.type ?? types[0]?.source;
  const after = stages[at]?.type;
  const type = after?.kind === "object" ? after.fields.get("it") : undefined;
  if (op?.op !== "let" || record === undefined || type === undefined) return null;
  return { expr: op.expr, record, type };
}

/** Undefined when it fails for another reason than types: division by zero, a limit, a bad value. */
function run(evaluate: (record: Value) => Value, record: Value): Value | undefined {
  try {
    return evaluate(record);
  } catch (error) {
    if (error instanceof EvaluationError && !error.reason.startsWith("invalid type"))
      return undefined;
    throw error;
  }
}
