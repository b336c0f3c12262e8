// Function calls: the function is looked up once, and called with as many arguments as are written.

import type { Expr } from "../../../plan/expr.ts";
import type { FunctionName } from "../../../plan/functions.ts";
import { FUNCTIONS } from "../../../plan/functions.ts";
import { assert } from "../../core/assert.ts";
import { EvaluationError } from "../eval-error.ts";
import { type Compile, chainOf, type Node, type Scope } from "../evaluate.ts";
import type { Builtin } from "../functions/builtin.ts";
import { BUILTINS } from "../functions/index.ts";

type CallExpr = Extract<Expr, { k: "call" }>;

/** The compiler has checked names and numbers of arguments: a plan that breaks them is a bug. */
export function compileCall(expr: CallExpr, scope: Scope, compile: Compile): Node {
  const { fn, args } = expr;
  assert(isFunctionName(fn), `unknown function ${fn}()`);
  const { min, max } = FUNCTIONS[fn];
  assert(args.length >= min && args.length <= (max ?? args.length), `arguments of ${fn}()`);
  return compileBuiltin(fn, BUILTINS[fn], args, scope, compile);
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

function compileBuiltin(
  name: string,
  builtin: Builtin,
  args: readonly Expr[],
  scope: Scope,
  compile: Compile,
): Node {
  switch (builtin.kind) {
    case "plain":
      return (
        callOnPart(builtin, args, scope) ??
        callPlain(
          builtin.call,
          args.map((arg) => compile(arg, scope)),
        )
      );
    case "by":
      return callBy(name, builtin, args, scope, compile);
  }
}

/** A function that reads little of its argument, where the rest need not be decoded; null: any other. */
function callOnPart(
  builtin: Extract<Builtin, { kind: "plain" }>,
  args: readonly Expr[],
  scope: Scope,
): Node | null {
  const [arg, ...others] = args;
  const direct = arg === undefined || others.length > 0 ? null : chainOf(arg, scope);
  if (direct === null || builtin.reads === undefined) return null;
  const part = direct.source.partial(direct.names, builtin.reads);
  return part === null ? null : callPlain(builtin.call, [part]);
}

function callPlain(call: Extract<Builtin, { kind: "plain" }>["call"], args: Node[]): Node {
  const [first, second, ...rest] = args;
  if (first === undefined) return () => call();
  if (second === undefined) return (current, frame) => call(first(current, frame));
  if (rest.length === 0) {
    return (current, frame) => call(first(current, frame), second(current, frame));
  }
  return (current, frame) => call(...args.map((arg) => arg(current, frame)));
}

/** One argument is `&expr`, which the function applies to elements. */
function callBy(
  name: string,
  builtin: Extract<Builtin, { kind: "by" }>,
  args: readonly Expr[],
  scope: Scope,
  compile: Compile,
): Node {
  const reference = args[builtin.referenceAt];
  const subject = args[1 - builtin.referenceAt];
  assert(reference !== undefined && subject !== undefined, `arguments of ${name}()`);
  if (reference.k !== "reference") {
    return () => {
      throw new EvaluationError(`invalid type for ${name}()`, "an `&expression` is needed");
    };
  }
  const of = compile(subject, scope);
  const body = compile(reference.body, scope.move());
  return (current, frame) => builtin.call(of(current, frame), (element) => body(element, frame));
}
