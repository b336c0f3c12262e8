// The type of a path: its steps applied one after the other, projections over everything behind them.
// The order is that of lower/path.ts.

import type { ExprNode, Step } from "../syntax/ast.ts";
import { aNoun, labelOf } from "./describe.ts";
import { fieldType } from "./infer-field.ts";
import { narrow } from "./narrow.ts";
import { isUnknown, joinAll, membersOf } from "./relate.ts";
import { ANY, list, NULL_TYPE, nonNull, nullable, nullableIf, STRING, type Type } from "./type.ts";
import { type Infer, type TypeEnv, within } from "./type-env.ts";

type PathNode = Extract<ExprNode, { kind: "path" }>;
type Flatten = Extract<Step, { kind: "flatten" }>;
type Plain = Exclude<Step, Flatten>;

export function inferPath(node: PathNode, env: TypeEnv, infer: Infer): Type {
  let value = infer(node.base, env);
  let run: Plain[] = [];
  let flatten: Flatten | null = null;
  const close = () => {
    value =
      flatten === null
        ? runType(value, run, env, infer)
        : projected(value, flattened(value, flatten, env), run, env, infer);
  };
  for (const step of node.steps) {
    if (step.kind !== "flatten") {
      run.push(step);
      continue;
    }
    close();
    [flatten, run] = [step, []];
  }
  close();
  return value;
}

/** Steps without a flatten, applied to a value of type `of`. */
function runType(of: Type, steps: readonly Plain[], env: TypeEnv, infer: Infer): Type {
  let value = of;
  for (const [i, step] of steps.entries()) {
    switch (step.kind) {
      case "field":
        value = fieldType(value, step, env);
        break;
      case "index":
        value = indexType(value, step, env);
        break;
      case "sub":
        value = subType(value, step.expr, env, infer);
        break;
      case "project":
      case "values":
      case "slice":
      case "select":
        return projection(value, step, steps.slice(i + 1), env, infer);
    }
  }
  return value;
}

function indexType(of: Type, step: Step, env: TypeEnv): Type {
  if (of.kind === "list") return nullable(of.element);
  if (isUnknown(of)) return of.kind === "any" ? ANY : NULL_TYPE;
  const help = of.kind === "text" ? { help: "the first character is `[0:1]`" } : {};
  return notProjectable("an index", of, "lists", step, env, help);
}

function subType(of: Type, expr: ExprNode, env: TypeEnv, infer: Infer): Type {
  if (of.kind === "null") return NULL_TYPE;
  return nullableIf(of.nullable, infer(expr, within(env, nonNull(of))));
}

function projection(
  of: Type,
  step: Exclude<Plain, { kind: "field" | "index" | "sub" }>,
  rest: readonly Plain[],
  env: TypeEnv,
  infer: Infer,
): Type {
  switch (step.kind) {
    case "project":
      return projected(of, elementOf(of, "`[*]`", step, env), rest, env, infer);
    case "select":
      return projected(of, selected(of, step, env, infer), rest, env, infer);
    case "slice":
      return sliced(of, step, rest, env, infer);
    case "values":
      return projected(of, fieldValues(of, step, env), rest, env, infer);
  }
}

/** A slice of a string is no projection: what follows it is about the part. */
function sliced(of: Type, step: Step, rest: readonly Plain[], env: TypeEnv, infer: Infer): Type {
  if (of.kind === "text") return nullableIf(of.nullable, runType(STRING, rest, env, infer));
  const type = projected(of, elementOf(of, "a slice", step, env), rest, env, infer);
  return of.kind === "any" ? ANY : type;
}

/** What `[*]`, `[?…]` or `.*` gives: nulls are left out. Null when the value is none it applies to. */
function projected(
  of: Type,
  element: Type,
  rest: readonly Plain[],
  env: TypeEnv,
  infer: Infer,
): Type {
  if (of.kind === "null") return NULL_TYPE;
  const each = runType(element, rest, within(env, element), infer);
  return nullableIf(of.nullable && of.kind !== "any", list(nonNull(each)));
}

function elementOf(of: Type, what: string, step: Step, env: TypeEnv): Type {
  if (of.kind === "list") return of.element;
  if (isUnknown(of)) return ANY;
  return notProjectable(what, of, "lists", step, env);
}

function flattened(of: Type, step: Step, env: TypeEnv): Type {
  const element = elementOf(of, "`[]`", step, env);
  return element.kind === "list" ? nullableIf(element.nullable, element.element) : element;
}

function fieldValues(of: Type, step: Step, env: TypeEnv): Type {
  if (isUnknown(of)) return ANY;
  const members = membersOf(of);
  if (members.length === 0) return notProjectable("`.*`", of, "objects", step, env);
  const types = members.flatMap((one) => [...one.fields.values(), ...(one.rest ? [one.rest] : [])]);
  return joinAll(types);
}

function selected(
  of: Type,
  step: Extract<Step, { kind: "select" }>,
  env: TypeEnv,
  infer: Infer,
): Type {
  const element = elementOf(of, "`[?…]`", step, env);
  const inner = within(env, element);
  infer(step.cond, inner);
  return narrow(step.cond, true, inner, infer).current;
}

function notProjectable(
  what: string,
  of: Type,
  needed: string,
  step: Step,
  env: TypeEnv,
  extra: { help?: string } = {},
): Type {
  env.report("FPL0211", step.span, `${what} is for ${needed}: of ${aNoun(of)} it is always null`, {
    label: `of ${labelOf(of)}`,
    ...extra,
  });
  return ANY;
}
