// What is known where a condition holds, or does not: `x != null`, `exists(x)`, `$type == …` and the
// like, joined by `&&`, `||` and `!`.

import type { ExprNode } from "../syntax/ast.ts";
import { IS_NOT_NULL, IS_NULL, isNoneOf, isOneOf, type Refinement, refineAt } from "./refine.ts";
import { join } from "./relate.ts";
import type { Type } from "./type.ts";
import { type Infer, type Local, type Path, quiet, type TypeEnv } from "./type-env.ts";

type BinaryNode = Extract<ExprNode, { kind: "binary" }>;

/** `env` where JMESPath takes the value of `node` for `truth`. */
export function narrow(node: ExprNode, truth: boolean, env: TypeEnv, infer: Infer): TypeEnv {
  switch (node.kind) {
    case "binary":
      return narrowBinary(node, truth, env, infer);
    case "unary":
      return node.op === "!" ? narrow(node.of, !truth, env, infer) : env;
    case "field":
    case "path":
    case "variable":
      return truth ? refinePath(pathOf(node, env), IS_NOT_NULL, env) : env;
    case "call":
      return narrowCall(node, truth, env, infer);
    case "cond":
    case "error":
    case "literal":
    case "duration":
    case "instant":
    case "regex":
    case "percent":
    case "current":
    case "root":
    case "list":
    case "object":
    case "reference":
    case "jmes":
    case "let":
      return env;
  }
}

function narrowBinary(node: BinaryNode, truth: boolean, env: TypeEnv, infer: Infer): TypeEnv {
  const { op, left, right } = node;
  switch (op) {
    case "&&":
      if (truth) return narrow(right, true, narrow(left, true, env, infer), infer);
      return either(
        narrow(left, false, env, infer),
        narrow(right, false, narrow(left, true, env, infer), infer),
        env,
      );
    case "||":
      if (!truth) return narrow(right, false, narrow(left, false, env, infer), infer);
      return either(
        narrow(left, true, env, infer),
        narrow(right, true, narrow(left, false, env, infer), infer),
        env,
      );
    case "==":
    case "!=": {
      const equal = truth === (op === "==");
      const known = narrowEqual(left, right, equal, env, infer);
      return narrowEqual(right, left, equal, known, infer);
    }
    case "<":
    case "<=":
    case ">":
    case ">=": {
      if (!truth) return env;
      return refinePath(
        pathOf(right, env),
        IS_NOT_NULL,
        refinePath(pathOf(left, env), IS_NOT_NULL, env),
      );
    }
    case "has":
      return narrowHas(node, truth, env, infer);
    case "matches":
      return truth ? refinePath(pathOf(left, env), IS_NOT_NULL, env) : env;
    case "??":
      // True only where the left side is, if the default is false.
      return truth && isFalse(right) ? narrow(left, true, env, infer) : env;
    case "|":
    case "+":
    case "-":
    case "*":
    case "/":
    case "//":
    case "%":
      return env;
  }
}

function isFalse(node: ExprNode): boolean {
  return node.kind === "literal" && (node.value === false || node.value === null);
}

/** What `node == other` says of the path `node`. */
function narrowEqual(
  node: ExprNode,
  other: ExprNode,
  equal: boolean,
  env: TypeEnv,
  infer: Infer,
): TypeEnv {
  const path = pathOf(node, env);
  if (path === null) return env;
  const type = infer(other, quiet(env));
  if (type.kind === "null") return refinePath(path, equal ? IS_NULL : IS_NOT_NULL, env);
  if (type.kind === "text" && type.values !== null && !type.nullable) {
    if (equal) return refinePath(path, isOneOf(type.values), env);
    return type.values.length === 1 ? refinePath(path, isNoneOf(type.values), env) : env;
  }
  return equal && !type.nullable ? refinePath(path, IS_NOT_NULL, env) : env;
}

/** `['create', 'update'] has op`; and what has members is not null. */
function narrowHas(node: BinaryNode, truth: boolean, env: TypeEnv, infer: Infer): TypeEnv {
  const list = infer(node.left, quiet(env));
  const element = list.kind === "list" ? list.element : null;
  const solid = truth ? refinePath(pathOf(node.left, env), IS_NOT_NULL, env) : env;
  if (element?.kind !== "text" || element.values === null || element.nullable) return solid;
  const member = pathOf(node.right, env);
  if (truth) return refinePath(member, isOneOf(element.values), solid);
  return node.left.kind === "list" && node.left.items.every((item) => item.kind === "literal")
    ? refinePath(member, isNoneOf(element.values), solid)
    : solid;
}

/** `exists(path)`, and functions of the file, whose parameters stand for what the caller gave. */
function narrowCall(
  node: Extract<ExprNode, { kind: "call" }>,
  truth: boolean,
  env: TypeEnv,
  infer: Infer,
): TypeEnv {
  const fn = env.scope.functions.get(node.name.name);
  if (fn === undefined) {
    const [arg] = node.args;
    const asked = truth && node.name.name === "exists" && arg !== undefined;
    return asked ? refinePath(pathOf(arg.value, env), IS_NOT_NULL, env) : env;
  }
  if (env.calls.includes(fn) || fn.params.length !== node.args.length) return env;
  const locals = new Map<string, Local>();
  for (const [i, name] of fn.params.entries()) {
    const value = node.args[i]?.value;
    if (value === undefined) return env;
    locals.set(name, { type: infer(value, quiet(env)), path: pathOf(value, env) });
  }
  const inner = {
    ...quiet(env),
    scope: fn.scope,
    locals,
    lets: new Map<string, Type>(),
    calls: [...env.calls, fn],
  };
  const narrowed = narrow(fn.body, truth, inner, infer);
  let result: TypeEnv = { ...env, current: narrowed.current, root: narrowed.root };
  for (const [name, { path }] of locals) {
    const type = narrowed.locals.get(name)?.type;
    if (type === undefined || type === locals.get(name)?.type) continue;
    result = refinePath(path, { apply: () => type, solid: !type.nullable }, result);
  }
  return result;
}

/** What is known when one or the other holds. */
function either(a: TypeEnv, b: TypeEnv, before: TypeEnv): TypeEnv {
  const joined = (of: (env: TypeEnv) => Type) => (of(a) === of(b) ? of(a) : join(of(a), of(b)));
  const locals = new Map(
    [...before.locals].map(([name, local]) => {
      const type = joined((env) => env.locals.get(name)?.type ?? local.type);
      return [name, { ...local, type }] as const;
    }),
  );
  const lets = new Map(
    [...before.lets].map(([name, type]) => [name, joined((env) => env.lets.get(name) ?? type)]),
  );
  return {
    ...before,
    current: joined((env) => env.current),
    root: joined((env) => env.root),
    locals,
    lets,
  };
}

/** The path `node` is; null when it is anything else. */
export function pathOf(node: ExprNode, env: TypeEnv): Path | null {
  switch (node.kind) {
    case "field": {
      const local = !node.quoted && env.locals.has(node.name);
      if (local) return { base: { kind: "local", name: node.name }, names: [] };
      return { base: { kind: "current" }, names: [node.name] };
    }
    case "current":
    case "root":
      return { base: { kind: node.kind }, names: [] };
    case "variable":
      return env.lets.has(node.name)
        ? { base: { kind: "variable", name: node.name }, names: [] }
        : null;
    case "path": {
      const base = pathOf(node.base, env);
      const names = node.steps.flatMap((step) => (step.kind === "field" ? [step.name] : []));
      if (base === null || names.length < node.steps.length) return null;
      return { ...base, names: [...base.names, ...names] };
    }
    case "error":
    case "literal":
    case "duration":
    case "instant":
    case "regex":
    case "percent":
    case "binary":
    case "unary":
    case "cond":
    case "list":
    case "object":
    case "call":
    case "reference":
    case "jmes":
    case "let":
      return null;
  }
}

function refinePath(path: Path | null, refinement: Refinement, env: TypeEnv): TypeEnv {
  if (path === null) return env;
  const { base, names } = path;
  const refined = (type: Type) => refineAt(type, names, refinement);
  switch (base.kind) {
    case "current":
    case "root": {
      const both = env.atRoot;
      const current = both || base.kind === "current" ? refined(env.current) : env.current;
      return {
        ...env,
        current,
        root: both ? current : base.kind === "root" ? refined(env.root) : env.root,
      };
    }
    case "local": {
      const local = env.locals.get(base.name);
      if (local === undefined) return env;
      const next = { ...local, type: refined(local.type) };
      return { ...env, locals: new Map([...env.locals, [base.name, next]]) };
    }
    case "variable": {
      const type = env.lets.get(base.name);
      return type === undefined
        ? env
        : { ...env, lets: new Map([...env.lets, [base.name, refined(type)]]) };
    }
  }
}
