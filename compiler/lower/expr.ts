// Syntax to plan expressions: names are resolved, params, constants and functions inlined. Reports
// what cannot be resolved and then stands in null for it.

import { EXPR_DEPTH_MAX, type Expr } from "../../plan/expr.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { BinaryOp, EntryNode, ExprNode } from "../syntax/ast.ts";
import { lowerCall } from "./call.ts";
import { CURRENT, type Env, NULL, nested } from "./env.ts";
import { lowerField, lowerPath } from "./path.ts";

/** The expression of `node` in `env`. */
export function lowerExpr(node: ExprNode, env: Env): Expr {
  if (overBudget(node, env)) return NULL;
  const inner = { ...env, depth: env.depth + 1 };
  switch (node.kind) {
    case "error":
      return NULL;
    case "literal":
      return { k: "literal", value: node.value };
    case "duration":
      return { k: "duration", ms: node.ms };
    case "instant":
      return { k: "instant", ms: node.ms };
    case "regex":
      return { k: "regex", source: node.source };
    case "percent":
      env.report("FPL0113", node.span, "a percentage stands only in `sample(1%, …)`");
      return NULL;
    case "current":
      return CURRENT;
    case "root":
      return { k: "root" };
    case "variable":
      return lowerVariable(node.name, node, env);
    case "field":
      return lowerBareField(node, env);
    case "path":
      return lowerPath(node, inner, lowerExpr);
    case "binary":
      return lowerBinary(node, inner);
    case "unary":
      return lowerUnary(node.op, lowerExpr(node.of, inner));
    case "cond": {
      const [test, yes, no] = [node.test, node.yes, node.no].map((one) => lowerExpr(one, inner));
      // biome-ignore lint/suspicious/noThenProperty: the contract's name of the branch; never awaited
      const branch = { then: yes ?? NULL }; // oxlint-disable-line unicorn/no-thenable
      return { k: "cond", test: test ?? NULL, ...branch, else: no ?? NULL };
    }
    case "list":
      return { k: "list", items: node.items.map((item) => lowerExpr(item, inner)) };
    case "object":
      return { k: "object", entries: lowerEntries(node.entries, inner) };
    case "call":
      return lowerCall(node, node.span, inner, lowerExpr);
    case "jmes":
      return lowerExpr(node.expr, inner);
    case "reference":
      return { k: "reference", body: lowerExpr(node.body, nested(inner)) };
    case "let": {
      const bindings = lowerEntries(node.bindings, inner);
      const lets = new Set([...env.lets, ...bindings.map((binding) => binding.name)]);
      return { k: "let", bindings, body: lowerExpr(node.body, { ...inner, lets }) };
    }
  }
}

/** Whether a limit is passed; reported once for an expression. */
function overBudget(node: ExprNode, env: Env): boolean {
  env.budget.nodesLeft -= 1;
  const tooDeep = env.depth + node.depth > EXPR_DEPTH_MAX;
  if (env.budget.nodesLeft >= 0 && !tooDeep) return false;
  if (!env.budget.exceeded) {
    env.budget.exceeded = true;
    const how = tooDeep ? "too deep" : "too large";
    env.report(tooDeep ? "FPL0190" : "FPL0192", node.span, `this is ${how} once inlined`);
  }
  return true;
}

function lowerVariable(name: string, node: ExprNode, env: Env): Expr {
  if (env.lets.has(name)) return { k: "variable", name };
  const value = env.scope.variables.get(name);
  if (value !== undefined) return value;
  if (env.scope.broken.has(name)) return NULL;
  const known = [...env.lets, ...env.scope.variables.keys()].map((one) => `$${one}`);
  env.report("FPL0302", node.span, `unknown \`$${name}\`${didYouMean(`$${name}`, known)}`, {
    help: "declare it with `param` or `let` at the top of the file",
  });
  return NULL;
}

function lowerBareField(node: Extract<ExprNode, { kind: "field" }>, env: Env): Expr {
  const { name, quoted } = node;
  const local = quoted ? undefined : env.locals.get(name);
  if (local !== undefined) return local;
  if (env.bareFields !== null && !env.bareFields.has(name)) {
    env.report("FPL0407", node.span, `\`${name}\` is neither an aggregate nor a key`, {
      help: `say which of the records': \`first(${name})\`, \`max(${name})\` …`,
    });
  }
  return lowerField(CURRENT, node, env);
}

export function lowerEntries(
  entries: readonly EntryNode[],
  env: Env,
): { name: string; value: Expr }[] {
  return entries.map(({ name, value }) => ({ name: name.name, value: lowerExpr(value, env) }));
}

function lowerUnary(op: "!" | "-" | "+", of: Expr): Expr {
  if (op === "!") return { k: "not", of };
  if (op === "+") return { k: "arithmetic", op: "+", left: { k: "literal", value: 0 }, right: of };
  if (of.k === "literal" && typeof of.value === "number") return { ...of, value: -of.value };
  if (of.k === "duration") return { ...of, ms: -of.ms };
  return { k: "negate", of };
}

type BinaryNode = Extract<ExprNode, { kind: "binary" }>;

function lowerBinary(node: BinaryNode, env: Env): Expr {
  const left = lowerExpr(node.left, env);
  const right = lowerExpr(node.right, node.op === "|" ? nested(env) : env);
  if (node.op === "matches") return lowerMatches(left, right, node, env);
  return combine(node.op, left, right, node.strict);
}

function combine(op: Exclude<BinaryOp, "matches">, left: Expr, right: Expr, strict: boolean): Expr {
  switch (op) {
    case "|":
      return { k: "pipe", left, right, nullStops: false };
    case "||":
      return { k: "or", left, right };
    case "&&":
      return { k: "and", left, right };
    case "??":
      return { k: "coalesce", left, right };
    case "has":
      return { k: "has", left, right };
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return { k: "compare", op, left, right, strict };
    case "+":
    case "-":
    case "*":
    case "/":
    case "//":
    case "%":
      return { k: "arithmetic", op, left, right };
  }
}

function lowerMatches(left: Expr, right: Expr, node: BinaryNode, env: Env): Expr {
  if (right.k === "regex") return { k: "matches", left, source: right.source };
  if (node.right.kind !== "error") {
    env.report("FPL0201", node.right.span, "`matches` takes a regular expression", {
      help: "write it as r'…'",
    });
  }
  return NULL;
}
