// The JMESPath compliance suite through `jmes'…'`: compiler and compiled closures together. The suite is
// read where it lies; without it, a few cases of our own still run.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compile } from "../compiler/compile.ts";
import type { Expr, Json } from "../plan/expr.ts";
import { compileExpr } from "../runtime/eval/compile-expr.ts";
import { EvaluationError } from "../runtime/eval/eval-error.ts";
import { toJson } from "../runtime/eval/json.ts";
import type { Value } from "../runtime/eval/values.ts";

const SUITE = new URL("../../shared/data/jmespath/tests/", import.meta.url);

const caseSchema = z.object({
  expression: z.string(),
  result: z.json().optional(),
  error: z.string().optional(),
});
const fileSchema = z.array(z.object({ given: z.json(), cases: z.array(caseSchema) }));

type Case = z.infer<typeof caseSchema> & { readonly given: Value };

/** The expression of `jmes'text'`; null when the compiler refuses it. */
function compileJmes(text: string): Expr | null {
  const quoted = text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
  const program = `pipeline p { from topic('t') |> let x = jmes'${quoted}' |> to stdout }`;
  const { plans } = compile({ file: "case.fpl", text: program });
  const ops = plans.flatMap((plan) => plan.stages.flatMap((stage) => stage.ops));
  return ops.find((op) => op.op === "let")?.expr ?? null;
}

/** The result as JSON, or `error` when the compiler or the evaluation refuses. */
function outcome(text: string, given: Value): { readonly result: Json } | "error" {
  const expr = compileJmes(text);
  if (expr === null) return "error";
  try {
    return { result: toJson(compileExpr(expr)(given)) };
  } catch (error) {
    if (error instanceof EvaluationError) return "error";
    throw error;
  }
}

function casesOf(file: string): Case[] {
  const parsed = fileSchema.parse(JSON.parse(readFileSync(new URL(file, SUITE), "utf8")));
  // JSON is a subset of values.
  return parsed.flatMap(({ given, cases }) =>
    cases.map((one) => ({ ...one, given: given as Value })),
  );
}

function isBenchmark(one: Case): boolean {
  return one.result === undefined && one.error === undefined;
}

describe("JMESPath through jmes'…'", () => {
  it.each<[string, Value, Json]>([
    ["foo.bar[-1]", { foo: { bar: [1, 2] } }, 2],
    ["foo[?a > `1`].b | [0]", { foo: [{ a: 1 }, { a: 2, b: "x" }] }, "x"],
    ["sort_by(@, &a)[*].a", [{ a: 2 }, { a: 1 }], [1, 2]],
    ["let $x = foo in [$x, $.foo]", { foo: 1 }, [1, 1]],
  ])("%s", (text, given, result) => {
    expect(outcome(text, given)).toEqual({ result });
  });

  it("true is a field", () => {
    expect(outcome("true", { true: 5 })).toEqual({ result: 5 });
  });

  it.each(["foo.", "abs('a')", "unknown(@)", "foo[*", "abs()"])("%s is an error", (text) => {
    expect(outcome(text, {})).toBe("error");
  });
});

describe.skipIf(!existsSync(SUITE))("the compliance suite in ../shared/data/jmespath", () => {
  it("is there", () => {
    expect(readdirSync(SUITE).length).toBeGreaterThan(10);
  });

  it.each(existsSync(SUITE) ? readdirSync(SUITE) : [])("%s", (file) => {
    const failed: string[] = [];
    for (const one of casesOf(file)) {
      const name = `${file}: ${one.expression}`;
      if (!agrees(one)) failed.push(name);
    }
    expect(failed).toEqual([]);
  });
});

function agrees(one: Case): boolean {
  const found = outcome(one.expression, one.given);
  if (isBenchmark(one)) return found !== "error";
  if (one.error !== undefined) return found === "error";
  if (found === "error") return false;
  return JSON.stringify(sorted(found.result)) === JSON.stringify(sorted(one.result ?? null));
}

/** The same JSON with the fields of objects sorted. */
function sorted(json: Json): Json {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(sorted);
  const entries = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, value]) => [name, sorted(value)]));
}
