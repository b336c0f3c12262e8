// The types of operators.

import type { ExprNode } from "../syntax/ast.ts";
import { inferArithmetic, inferNegative } from "./arithmetic.ts";
import { inferCompare } from "./compare.ts";
import { aNoun } from "./describe.ts";
import { checkMember } from "./membership.ts";
import { narrow } from "./narrow.ts";
import { blame } from "./problems.ts";
import { falsePart, isUnknown, join, truePart } from "./relate.ts";
import { BOOL, nonNull, type Type } from "./type.ts";
import { type Infer, type TypeEnv, within } from "./type-env.ts";

type BinaryNode = Extract<ExprNode, { kind: "binary" }>;

export function inferBinary(node: BinaryNode, env: TypeEnv, infer: Infer): Type {
  const { op, left, right } = node;
  switch (op) {
    case "|":
      return infer(right, within(env, infer(left, env)));
    case "&&": {
      const before = infer(left, env);
      const after = infer(right, narrow(left, true, env, infer));
      return join(falsePart(before), after);
    }
    case "||": {
      const before = infer(left, env);
      const after = infer(right, narrow(left, false, env, infer));
      return join(truePart(before), after);
    }
    case "??":
      return coalesced(infer(left, env), infer(right, env));
    case "has":
      checkMember(node, [infer(left, env), infer(right, env)], env);
      return BOOL;
    case "matches":
      return inferMatches(node, env, infer);
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return inferCompare(node, op, env, infer);
    case "+":
    case "-":
    case "*":
    case "/":
    case "//":
    case "%":
      return inferArithmetic(node, op, env, infer);
  }
}

export function inferUnary(
  node: Extract<ExprNode, { kind: "unary" }>,
  env: TypeEnv,
  infer: Infer,
): Type {
  const of = infer(node.of, env);
  return node.op === "!" ? BOOL : inferNegative(node, of, env);
}

function coalesced(left: Type, right: Type): Type {
  const joined = join(nonNull(left), right);
  return left.nullable ? joined : left;
}

function inferMatches(node: BinaryNode, env: TypeEnv, infer: Infer): Type {
  const left = infer(node.left, env);
  if (isUnknown(left) || left.kind === "text") return BOOL;
  env.report(
    "FPL0217",
    node.left.span,
    `\`matches\` looks in a string, not in ${aNoun(left)}`,
    blame(node.left, left, "regular expressions are matched against strings only"),
  );
  return BOOL;
}
