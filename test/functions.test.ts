// The examples of the builtin functions, through compiler and evaluation, and docs/functions.md, which is made of them.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Builtin } from "../compiler/builtins/builtin.ts";
import { BUILTINS } from "../compiler/builtins/index.ts";
import { compile } from "../compiler/compile.ts";
import type { Json } from "../plan/expr.ts";
import { FUNCTIONS } from "../plan/functions.ts";
import { compileExpr } from "../runtime/eval/compile-expr.ts";
import { toJson } from "../runtime/eval/json.ts";
import type { Value } from "../runtime/eval/values.ts";
import { generateFunctionDocs } from "../scripts/generate-function-docs.ts";
import { repositoryFile } from "./support/recordings.ts";

const ALL: readonly Builtin[] = Object.values(BUILTINS);
const EXAMPLES = ALL.flatMap(({ examples }) => examples);

describe("the examples of the builtin functions", () => {
  it.each(EXAMPLES)("$expression of $given gives $result", ({ expression, given, result }) => {
    expect(evaluate(expression, given)).toEqual(result);
  });

  it.each(ALL)("of $name are two at least, and call it", ({ name, examples }) => {
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const { expression } of examples) expect(expression).toContain(`${name}(`);
  });
});

describe("the signatures of the builtin functions", () => {
  it.each(ALL)("agree with the plan on how many arguments $name takes", ({ name, signature }) => {
    const required = signature.params.filter((one) => one.arity === "required").length;
    const endless = signature.params.some((one) => one.arity === "rest");
    expect(FUNCTIONS[name]).toEqual({
      min: required,
      max: endless ? null : signature.params.length,
    });
  });
});

it("docs/functions.md is what scripts/generate-function-docs.ts writes", () => {
  const written = readFileSync(repositoryFile("docs/functions.md"), "utf8");
  expect(written).toBe(generateFunctionDocs());
});

/** What the expression gives in a program. @throws when the compiler or the evaluation refuses it. */
function evaluate(expression: string, given: Json): Json {
  const text = `pipeline p { from topic('t') |> let x = ${expression} |> to stdout }`;
  const { plans, diagnostics } = compile({ file: "example.fpl", text });
  expect(diagnostics).toEqual([]);
  const ops = plans.flatMap((plan) => plan.stages.flatMap((stage) => stage.ops));
  const found = ops.find((op) => op.op === "let");
  if (found === undefined) throw new Error(`${expression}: no plan`);
  return toJson(compileExpr(found.expr)(given as Value)); // JSON is a subset of values
}
