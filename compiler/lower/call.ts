// Function calls: builtins are checked, functions of the file inlined, aggregates handed on.

import type { Expr } from "../../plan/expr.ts";
import { type Arity, FUNCTIONS, type FunctionName } from "../../plan/functions.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { FnDef } from "../resolve/scope.ts";
import type { CallShape, ExprNode, Span } from "../syntax/ast.ts";
import { AGGREGATE_NAMES } from "./aggregate-names.ts";
import { type Env, type Lower, NULL } from "./env.ts";

/** The expression of a call. */
export function lowerCall(call: CallShape, span: Span, env: Env, lower: Lower): Expr {
  const name = call.name.name;
  const own = env.scope.functions.get(name);
  if (own === undefined && env.aggregate !== null && AGGREGATE_NAMES.has(name)) {
    return env.aggregate(call, span);
  }
  const arity = isFunction(name) ? FUNCTIONS[name] : undefined;
  if (own === undefined && arity === undefined && name !== "exists") {
    return unknown(call, env, lower);
  }
  const args = positional(call, env);
  if (own !== undefined) return inline(own, call, args, span, env, lower);
  if (arity === undefined) return lowerExists(args, span, env, lower);
  if (!fits(args.length, arity)) {
    env.report("FPL0303", span, `\`${name}\` takes ${arityText(arity)}, found ${args.length}`);
    return NULL;
  }
  return { k: "call", fn: name, args: args.map((arg) => lower(arg, env)) };
}

export function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

/** The arguments; named ones are reported, functions have none. */
function positional(call: CallShape, env: Env): ExprNode[] {
  for (const { name } of call.args) {
    if (name === null) continue;
    env.report(
      "FPL0110",
      name.span,
      `\`${call.name.name}\` has no argument named \`${name.name}\``,
    );
  }
  return call.args.map((arg) => arg.value);
}

function unknown(call: CallShape, env: Env, lower: Lower): Expr {
  const { name, span } = call.name;
  for (const arg of call.args) lower(arg.value, env);
  if (env.scope.broken.has(name)) return NULL;
  if (AGGREGATE_NAMES.has(name)) {
    env.report("FPL0408", span, `\`${name}\` is an aggregate: it stands only in \`reduce\``);
    return NULL;
  }
  const known = [...Object.keys(FUNCTIONS), "exists", ...env.scope.functions.keys()];
  env.report("FPL0301", span, `unknown function \`${name}\`${didYouMean(name, known)}`);
  return NULL;
}

function fits(count: number, arity: Arity): boolean {
  return count >= arity.min && (arity.max === null || count <= arity.max);
}

function arityText({ min, max }: Arity): string {
  const text = max === null ? `at least ${min}` : min === max ? `${min}` : `${min} to ${max}`;
  return `${text} argument${min === 1 && max === 1 ? "" : "s"}`;
}

function lowerExists(args: readonly ExprNode[], span: Span, env: Env, lower: Lower): Expr {
  const path = args[0];
  if (args.length !== 1 || path === undefined) {
    env.report("FPL0303", span, `\`exists\` takes 1 argument, found ${args.length}`);
    return NULL;
  }
  const lowered = lower(path, env);
  if (lowered.k === "field" || path.kind === "error") return { k: "exists", path: lowered };
  env.report("FPL0303", path.span, "`exists` takes a path that ends in a field");
  return NULL;
}

/**
 * The body of `fn` with its arguments: literals are put in place, others bound by `let`, so that they
 * are evaluated once and where they were written.
 */
function inline(
  fn: FnDef,
  call: CallShape,
  args: readonly ExprNode[],
  span: Span,
  env: Env,
  lower: Lower,
): Expr {
  if (args.length !== fn.params.length) {
    const arity = arityText({ min: fn.params.length, max: fn.params.length });
    env.report("FPL0303", span, `\`${fn.name}\` takes ${arity}, found ${args.length}`);
    return NULL;
  }
  const key = `${fn.name}/${fn.params.join(",")}`;
  if (env.inlining.includes(key)) {
    env.report(
      "FPL0307",
      call.name.span,
      `\`${fn.name}\` calls itself: functions are not recursive`,
    );
    return NULL;
  }
  // One level for the `let` around the body.
  const inner = { ...env, depth: env.depth + 1 };
  const bindings: { name: string; value: Expr }[] = [];
  const locals = new Map<string, Expr>();
  for (const [i, param] of fn.params.entries()) {
    const arg = args[i];
    const value = arg === undefined ? NULL : lower(arg, inner);
    const name = `${fn.name}.${param}`;
    locals.set(param, isConstant(value) ? value : { k: "variable", name });
    if (!isConstant(value)) bindings.push({ name, value });
  }
  const body = lower(fn.body, {
    ...inner,
    scope: fn.scope,
    // Mistakes of the body were reported where it is declared; limits show only here.
    report: (code, _span, message, extra) =>
      code === "FPL0190" || code === "FPL0192" || (code === "FPL0307" && env.inlining.length > 0)
        ? env.report(code, span, message, extra)
        : undefined,
    locals,
    lets: new Set(),
    inlining: [...env.inlining, key],
    aggregate: null,
    bareFields: null,
  });
  return bindings.length === 0 ? body : { k: "let", bindings, body };
}

function isConstant(expr: Expr): boolean {
  return (
    expr.k === "literal" || expr.k === "duration" || expr.k === "instant" || expr.k === "regex"
  );
}
