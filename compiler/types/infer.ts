// The type of an expression. Reports what cannot be right; an expression with an error is `any`, so that
// nothing is reported about what follows from it.

import type { EntryNode, ExprNode } from "../syntax/ast.ts";
import { inferCall } from "./infer-call.ts";
import { fieldType } from "./infer-field.ts";
import { inferBinary, inferUnary } from "./infer-operators.ts";
import { inferPath } from "./infer-path.ts";
import { narrow } from "./narrow.ts";
import { join, joinAll } from "./relate.ts";
import { ANY, DURATION, INSTANT, list, object, REGEX, type Type } from "./type.ts";
import { constantType, jsonType, quiet, type TypeEnv } from "./type-env.ts";

/** The type of `node` in `env`. */
export function inferType(node: ExprNode, env: TypeEnv): Type {
  env.budget.nodesLeft -= 1;
  if (env.budget.nodesLeft < 0) return ANY;
  switch (node.kind) {
    case "error":
    case "percent":
      return ANY;
    case "literal":
      return jsonType(node.value);
    case "duration":
      return DURATION;
    case "instant":
      return INSTANT;
    case "regex":
      return REGEX;
    case "current":
      return env.current;
    case "root":
      return env.root;
    case "variable":
      return variableType(node.name, env);
    case "field":
      return bareField(node, env);
    case "path":
      return inferPath(node, env, inferType);
    case "binary":
      return inferBinary(node, env, inferType);
    case "unary":
      return inferUnary(node, env, inferType);
    case "cond":
      return inferCond(node, env);
    case "list":
      return list(joinAll(node.items.map((item) => inferType(item, env))));
    case "object":
      return object(entryTypes(node.entries, env));
    case "call":
      return inferCall(node, node.span, env, inferType);
    case "jmes":
      return inferType(node.expr, quiet(env));
    case "reference":
      return misplacedReference(node, env);
    case "let":
      return inferLet(node, env);
  }
}

/** The types of `name: value` entries, in order. */
export function entryTypes(
  entries: readonly EntryNode[],
  env: TypeEnv,
): (readonly [name: string, type: Type])[] {
  return entries.map(({ name, value }) => [name.name, inferType(value, env)]);
}

function variableType(name: string, env: TypeEnv): Type {
  const bound = env.lets.get(name);
  if (bound !== undefined) return bound;
  const constant = env.scope.variables.get(name);
  return constant === undefined ? ANY : constantType(constant);
}

function bareField(node: Extract<ExprNode, { kind: "field" }>, env: TypeEnv): Type {
  const local = node.quoted ? undefined : env.locals.get(node.name);
  return local?.type ?? fieldType(env.current, node, env);
}

function inferCond(node: Extract<ExprNode, { kind: "cond" }>, env: TypeEnv): Type {
  inferType(node.test, env);
  const yes = inferType(node.yes, narrow(node.test, true, env, inferType));
  const no = inferType(node.no, narrow(node.test, false, env, inferType));
  return join(yes, no);
}

function inferLet(node: Extract<ExprNode, { kind: "let" }>, env: TypeEnv): Type {
  const lets = new Map([...env.lets, ...entryTypes(node.bindings, env)]);
  return inferType(node.body, { ...env, lets });
}

function misplacedReference(node: ExprNode, env: TypeEnv): Type {
  env.report("FPL0208", node.span, "`&…` is no value", {
    help: "it stands only as an argument, as in `sort_by(list, &name)`",
  });
  return ANY;
}
