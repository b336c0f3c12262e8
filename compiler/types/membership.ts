// `x has y` and `contains(x, y)`: whether the one can hold the other.

import type { Extra } from "../diagnostics/diagnostic.ts";
import type { ExprNode } from "../syntax/ast.ts";
import { aNoun, describeType, labelOf, nounOf } from "./describe.ts";
import { operandText } from "./problems.ts";
import { isComparable, isUnknown } from "./relate.ts";
import type { Type } from "./type.ts";
import type { TypeEnv } from "./type-env.ts";

type BinaryNode = Extract<ExprNode, { kind: "binary" }>;

/** Reports what has no members, and members that cannot be in it. Null on the left is no mistake. */
export function checkMember(
  node: BinaryNode,
  [of, member]: readonly [of: Type, member: Type],
  env: TypeEnv,
): void {
  if (isUnknown(of)) return;
  switch (of.kind) {
    case "list":
      if (!isComparable(of.element, member)) neverIn(node, of, member, env);
      return;
    case "text":
    case "object":
    case "union":
      if (!isUnknown(member) && member.kind !== "text") noName(node, of, member, env);
      return;
    case "any":
    case "never":
    case "null":
    case "number":
    case "bool":
    case "instant":
    case "duration":
    case "bytes":
    case "reference":
    case "regex":
      noMembers(node, of, member, env);
  }
}

function neverIn(node: BinaryNode, of: Type, member: Type, env: TypeEnv): void {
  const message = `\`has\` looks for ${nounOf(member)} in ${describeType(of)}`;
  const extra: Extra = {
    label: labelOf(member),
    help: "values of different types are never equal",
  };
  env.report("FPL0204", node.right.span, message, extra);
}

function noName(node: BinaryNode, of: Type, member: Type, env: TypeEnv): void {
  if (member.kind === "list" && isComparable(member.element, of)) {
    turnedAround(node, of, env);
    return;
  }
  const what = of.kind === "text" ? "a string holds strings" : "fields have strings as names";
  const message = `\`has\` looks for ${nounOf(member)} in ${nounOf(of)}: ${what}`;
  env.report("FPL0217", node.right.span, message, { label: labelOf(member) });
}

function noMembers(node: BinaryNode, of: Type, member: Type, env: TypeEnv): void {
  if (member.kind === "list" && isComparable(member.element, of)) {
    turnedAround(node, of, env);
    return;
  }
  env.report("FPL0217", node.left.span, `${aNoun(of)} has no members`, {
    label: labelOf(of),
    help: "`has` looks into a list, a string or the names of an object",
  });
}

/** `'en' has langs` */
function turnedAround(node: BinaryNode, of: Type, env: TypeEnv): void {
  const [left, right] = [operandText(node.left, env), operandText(node.right, env)];
  const text = left === null || right === null ? null : `${right} has ${left}`;
  env.report("FPL0217", node.left.span, `\`has\` looks for a list in ${aNoun(of)}`, {
    label: labelOf(of),
    ...(text === null ? {} : { help: `did you mean \`${text}\`?`, fix: { span: node.span, text } }),
  });
}
