// The types of calls: builtins by their type rule, functions of the file by their body.

import type { FunctionName } from "../../plan/functions.ts";
import { BUILTINS } from "../builtins/index.ts";
import { AGGREGATE_NAMES } from "../lower/aggregate-names.ts";
import { isFunction } from "../lower/call.ts";
import type { CallShape, ExprNode, Span } from "../syntax/ast.ts";
import { checkArguments } from "./arguments.ts";
import { inferOwnCall } from "./own-functions.ts";
import { ANY, BOOL, from, type Type } from "./type.ts";
import { type Infer, quiet, type TypeEnv, within } from "./type-env.ts";

/** Names and numbers of arguments are checked where calls are lowered: here they are `any`. */
export function inferCall(call: CallShape, span: Span, env: TypeEnv, infer: Infer): Type {
  const { name } = call.name;
  const own = env.scope.functions.get(name);
  if (own !== undefined) return inferOwnCall(own, call, span, env, infer);
  if (env.aggregate !== null && AGGREGATE_NAMES.has(name)) return env.aggregate(call);
  const args = call.args.map((arg) => arg.value);
  if (name === "exists") {
    // It asks whether a field is there: any name may stand in it.
    for (const arg of args) infer(arg, quiet(env));
    return BOOL;
  }
  if (!isFunction(name)) {
    for (const arg of args) infer(arg, env);
    return ANY;
  }
  return inferBuiltin(name, args, env, infer);
}

function inferBuiltin(
  name: FunctionName,
  args: readonly ExprNode[],
  env: TypeEnv,
  infer: Infer,
): Type {
  const { signature } = BUILTINS[name];
  const plain = args.map((arg) => (arg.kind === "reference" ? null : infer(arg, env)));
  const types = args.map((arg, i) => {
    const known = plain[i];
    if (arg.kind !== "reference") return known ?? ANY;
    const applied = signature.params[i]?.appliedTo ?? null;
    const of = applied === null ? null : plain[applied];
    return infer(arg.body, within(env, of?.kind === "list" ? of.element : ANY));
  });
  const required = signature.params.filter((param) => param.arity === "required").length;
  if (args.length < required || !checkArguments(name, signature, args, types, env)) return ANY;
  return from(`${name}()`, signature.result(types));
}
