// Paths: where JMESPath's projections are made explicit. A projection extends over the steps after it
// up to a flatten, which starts again from the whole.

import type { Expr } from "../../plan/expr.ts";
import type { ExprNode, Step } from "../syntax/ast.ts";
import { CURRENT, type Env, type Lower, nested } from "./env.ts";

type PathNode = Extract<ExprNode, { kind: "path" }>;
type Flatten = Extract<Step, { kind: "flatten" }>;
type Plain = Exclude<Step, Flatten>;

/** `base` and its steps as nested nodes. */
export function lowerPath(node: PathNode, env: Env, lower: Lower): Expr {
  let value = lower(node.base, env);
  let run: Plain[] = [];
  let flattening = false;
  const close = () => {
    value = flattening
      ? { k: "flatten", of: value, each: lowerRun(CURRENT, run, nested(env), lower) }
      : lowerRun(value, run, env, lower);
  };
  for (const step of node.steps) {
    if (step.kind !== "flatten") {
      run.push(step);
      continue;
    }
    close();
    [flattening, run] = [true, []];
  }
  close();
  return value;
}

/** Steps without a flatten, applied to `of`. */
function lowerRun(of: Expr, steps: readonly Plain[], env: Env, lower: Lower): Expr {
  const at = steps.findIndex(isProjection);
  const plain = at === -1 ? steps : steps.slice(0, at);
  const base = plain.reduce((value, step) => lowerPlain(value, step, env, lower), of);
  const projection = steps[at];
  if (projection === undefined) return base;
  const each = lowerRun(CURRENT, steps.slice(at + 1), nested(env), lower);
  return project(base, projection, each, env, lower);
}

function isProjection(step: Plain): boolean {
  switch (step.kind) {
    case "project":
    case "values":
    case "slice":
    case "select":
      return true;
    case "field":
    case "index":
    case "sub":
      return false;
  }
}

function project(of: Expr, step: Plain, each: Expr, env: Env, lower: Lower): Expr {
  switch (step.kind) {
    case "project":
      return { k: "project", of, each };
    case "values":
      return { k: "values", of, each };
    case "slice": {
      const { start, stop } = step;
      return { k: "slice", of, start, stop, step: step.step, each };
    }
    case "select":
      return { k: "select", of, cond: lower(step.cond, nested(env)), each };
    case "field":
    case "index":
    case "sub":
      return lowerPlain(of, step, env, lower);
  }
}

/** A field of `of`; the `duration` of a window is the only one that is computed. */
export function lowerField(of: Expr, field: { readonly name: string }, env: Env): Expr {
  if (!env.durations.has(field)) return { k: "field", of, name: field.name };
  const [left, right] = [
    { k: "field", of, name: "end" },
    { k: "field", of, name: "start" },
  ] as const;
  return { k: "arithmetic", op: "-", left, right };
}

function lowerPlain(of: Expr, step: Plain, env: Env, lower: Lower): Expr {
  switch (step.kind) {
    case "field":
      return lowerField(of, step, env);
    case "index":
      return { k: "index", of, at: step.at };
    case "sub":
      return { k: "pipe", left: of, right: lower(step.expr, nested(env)), nullStops: true };
    case "project":
    case "values":
    case "slice":
    case "select":
      return project(of, step, CURRENT, env, lower);
  }
}
