// Those who evaluate JMESPath here: our compiler in both modes, and two implementations that share no code
// with it or with each other.

import { type JSONValue, search as searchCommunity } from "@jmespath-community/jmespath";
import { search as searchOriginal } from "jmespath";
import { compile } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Expr, Json } from "../../plan/expr.ts";
import { compileExpr } from "../../runtime/eval/compile-expr.ts";
import { EvaluationError } from "../../runtime/eval/eval-error.ts";
import { toJson } from "../../runtime/eval/json.ts";
import type { Value } from "../../runtime/eval/values.ts";

/** The value, or why there is none. */
export type Outcome = { readonly value: Json } | { readonly error: string };

export type Engine = {
  readonly name: "strict" | "plain" | "jmespath.js" | "community";
  readonly evaluate: (expression: string, given: Json) => Outcome;
};

/** As `jmes'…'`. */
export const STRICT: Engine = {
  name: "strict",
  evaluate: (expression, given) => {
    const quoted = expression.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
    return ours(`jmes'${quoted}'`, given);
  },
};
/** As an expression of the language. */
export const PLAIN: Engine = { name: "plain", evaluate: ours };
export const ORIGINAL: Engine = {
  name: "jmespath.js",
  evaluate: (expression, given) => theirs(() => searchOriginal(copy(given), expression)),
};
export const COMMUNITY: Engine = {
  name: "community",
  evaluate: (expression, given) => theirs(() => searchCommunity(copy(given), expression)),
};

/** Those whom `jmes'…'` is held against. */
export function engineOf(name: Engine["name"]): Engine {
  switch (name) {
    case "strict":
      return STRICT;
    case "plain":
      return PLAIN;
    case "jmespath.js":
      return ORIGINAL;
    case "community":
      return COMMUNITY;
  }
}

/** Whether both are errors or the same JSON, the order of fields apart. */
export function agree(a: Outcome, b: Outcome): boolean {
  if ("error" in a || "error" in b) return "error" in a && "error" in b;
  return a.value === b.value || canonical(a.value) === canonical(b.value);
}

/** JSON text with the fields of objects sorted. */
export function canonical(json: Json): string {
  return JSON.stringify(json, (_name, value: Json) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries);
  });
}

/** What `expression` becomes, and what is said about it. */
export function compileExpression(expression: string): {
  readonly expr: Expr | null;
  readonly diagnostics: readonly Diagnostic[];
} {
  const text = `pipeline p { from topic('t') |> let x = ${expression} |> to stdout }`;
  const { plans, diagnostics } = compile({ file: "case.fpl", text });
  const ops = plans.flatMap((plan) => plan.stages.flatMap((stage) => stage.ops));
  const found = ops.find((op) => op.op === "let");
  return { expr: found?.expr ?? null, diagnostics };
}

function ours(expression: string, given: Json): Outcome {
  const { expr, diagnostics } = compileExpression(expression);
  if (expr === null) return { error: diagnostics.map(({ code }) => code).join(" ") };
  try {
    return { value: toJson(compileExpr(expr)(given as Value)) }; // JSON is a subset of values
  } catch (error) {
    if (error instanceof EvaluationError) return { error: error.reason };
    throw error;
  }
}

/** A peer may give what is no JSON, also inside: that is text here, so that it equals nothing by chance. */
function theirs(search: () => unknown): Outcome {
  try {
    return { value: onlyJson(search()) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function onlyJson(found: unknown): Json {
  if (found === undefined) return "no JSON: undefined";
  if (Number.isNaN(found)) return "no JSON: NaN";
  if (typeof found !== "object" || found === null) return found as Json; // what is left
  if (Array.isArray(found)) return found.map(onlyJson);
  return Object.fromEntries(Object.entries(found).map(([name, one]) => [name, onlyJson(one)]));
}

/** A peer may change what it is given: its own type says so. */
function copy(given: Json): JSONValue {
  return structuredClone(given) as JSONValue;
}
