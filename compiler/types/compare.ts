// Comparisons: values of different types are never equal and have no order, so comparing them is a
// mistake, and there is mostly one thing that was meant.

import type { CompareOp } from "../../plan/expr.ts";
import type { Extra } from "../diagnostics/diagnostic.ts";
import { nearest } from "../diagnostics/suggest.ts";
import type { ExprNode } from "../syntax/ast.ts";
import { parseInstant } from "../syntax/literals.ts";
import { aNoun, describeType, labelOf, nounOf } from "./describe.ts";
import { asCode, operandText } from "./problems.ts";
import { isComparable, isOrdered, membersOf } from "./relate.ts";
import { ANY, BOOL, nonNull, nullableIf, type Type } from "./type.ts";
import { type Infer, sourceOf, type TypeEnv } from "./type-env.ts";

type BinaryNode = Extract<ExprNode, { kind: "binary" }>;
type Side = { readonly node: ExprNode; readonly type: Type };

export function inferCompare(node: BinaryNode, op: CompareOp, env: TypeEnv, infer: Infer): Type {
  const equality = op === "==" || op === "!=";
  if (equality && quotedString(node, env)) return BOOL;
  const left = { node: node.left, type: infer(node.left, env) };
  const right = { node: node.right, type: infer(node.right, env) };
  const result = nullableIf(!equality && (left.type.nullable || right.type.nullable), BOOL);
  // `jmes'…'` keeps JMESPath's rule, by which all of this is false or null.
  if (node.strict) return equality ? BOOL : { ...BOOL, nullable: true };
  if (!isComparable(left.type, right.type)) return differentTypes(node, op, left, right, env);
  if (equality) {
    checkValues(op, left, right, env);
    return result;
  }
  const unordered = [left, right].find((side) => !isOrdered(side.type));
  return unordered === undefined ? result : noOrder(op, unordered, env);
}

/** What the side to blame is: the one that is written out is what was compared with. */
function blamed(left: Side, right: Side): [side: Side, other: Side] {
  return isConstant(left.node) && !isConstant(right.node) ? [right, left] : [left, right];
}

function isConstant(node: ExprNode): boolean {
  return ["literal", "duration", "instant", "list", "object", "variable"].includes(node.kind);
}

function differentTypes(
  node: BinaryNode,
  op: CompareOp,
  left: Side,
  right: Side,
  env: TypeEnv,
): Type {
  const [side, other] = blamed(left, right);
  const message = `\`${op}\` compares ${nounOf(left.type)} with ${nounOf(right.type)}`;
  const meant = meantBy(node, op, side, other, env);
  const help = meant ?? generalHelp(op, side.type, other.type);
  env.report("FPL0204", side.node.span, message, { label: labelOf(side.type), ...help });
  return ANY;
}

function generalHelp(op: CompareOp, { kind }: Type, other: Type): Extra {
  if (kind === "duration") return { help: "a duration is compared with one, as `5m`" };
  if (kind === "instant") {
    return { help: "an instant is compared with one, as `t'2026-07-04T00:00:00Z'`" };
  }
  if (kind === "text" && other.kind === "instant") {
    return { help: "a string is no instant: compare `time`, the relay's, or `tid_time(rkey)`" };
  }
  return {
    help:
      op === "==" ? "values of different types are never equal" : "only values of one type compare",
  };
}

/** The expression that was meant, and its text in place of the comparison. */
function meantBy(
  node: BinaryNode,
  op: CompareOp,
  side: Side,
  other: Side,
  env: TypeEnv,
): Extra | null {
  const replaced =
    literalMeant(op, side, other) ?? literalMeant(op, other, side) ?? wrapped(op, side, other, env);
  if (replaced === null) return null;
  const { of, text } = replaced;
  const [left, right] = [node.left, node.right].map((one) =>
    one === of ? text : sourceOf(one, env),
  );
  if (left === null || right === null || left === undefined || right === undefined) return null;
  const whole = replaced.whole ?? `${left} ${op} ${right}`;
  return { help: `did you mean ${asCode(whole)}?`, fix: { span: node.span, text: whole } };
}

type Replacement = { of: ExprNode; text: string; whole?: string };

/** A literal of the wrong type that can be read as one of the right. */
function literalMeant(op: CompareOp, side: Side, other: Side): Replacement | null {
  if (side.node.kind !== "literal") return null;
  const { value } = side.node;
  const of = side.node;
  if (typeof value === "string") {
    if (other.type.kind === "instant" && parseInstant(value) !== null) {
      return { of, text: `t'${value}'` };
    }
    if (other.type.kind === "number" && /^-?\d+(\.\d+)?$/.test(value)) return { of, text: value };
    const words = other.type.kind === "bool" && (value === "true" || value === "false");
    return words ? { of, text: value } : null;
  }
  const equality = op === "==" || op === "!=";
  const plain = typeof value === "number" || typeof value === "boolean";
  return plain && equality && other.type.kind === "text" ? { of, text: `'${value}'` } : null;
}

/** `length(x)` where a number is compared, `x has 'a'` where a list is. */
function wrapped(op: CompareOp, side: Side, other: Side, env: TypeEnv): Replacement | null {
  const text = sourceOf(side.node, env);
  const operand = operandText(side.node, env);
  if (text === null || operand === null) return null;
  const { kind, nullable } = side.type;
  const empty = kind === "text" ? "''" : "`[]`";
  if (other.type.kind === "number" && (kind === "text" || kind === "list")) {
    return { of: side.node, text: `length(${nullable ? `${operand} ?? ${empty}` : text})` };
  }
  if (kind !== "list" || (op !== "==" && op !== "!=")) return null;
  const member = operandText(other.node, env);
  if (
    member === null ||
    !isComparable(side.type.kind === "list" ? side.type.element : ANY, other.type)
  ) {
    return null;
  }
  const has = `${operand} has ${member}`;
  return { of: side.node, text, whole: op === "==" ? has : `!(${has})` };
}

function noOrder(op: CompareOp, { node, type }: Side, env: TypeEnv): Type {
  const help = "numbers, strings, instants and durations have an order";
  const label = labelOf(type);
  env.report("FPL0215", node.span, `\`${op}\` needs an order, and ${aNoun(type)} has none`, {
    label,
    help: type.kind === "list" ? `${help}; of a list, its \`length(…)\`` : help,
  });
  return ANY;
}

/** `op == 'creat'`: a value the other side cannot have. */
function checkValues(op: CompareOp, left: Side, right: Side, env: TypeEnv): void {
  const [side, other] = right.node.kind === "literal" ? [left, right] : [right, left];
  if (other.node.kind !== "literal" || typeof other.node.value !== "string") return;
  const { value } = other.node;
  if (side.type.kind !== "text" || side.type.values === null) return;
  if (side.node.kind === "literal" || side.type.values.includes(value)) return;
  const meant = nearest(value, side.type.values);
  // Lexicons grow: another `$type` than the known ones is only suspicious when it looks like one.
  if (meant === null && isTag(side.node)) return;
  const always = op === "==" ? "never" : "always";
  const hint = meant === null ? "" : `, did you mean \`'${meant}'\`?`;
  env.report(
    "FPL0906",
    other.node.span,
    `this is ${always} so: there is no '${value}' here${hint}`,
    {
      help: `here it is ${describeType(nonNull(side.type))}`,
      ...(meant === null ? {} : { fix: { span: other.node.span, text: `'${meant}'` } }),
    },
  );
}

/** Whether `node` reads a `$type`. */
function isTag(node: ExprNode): boolean {
  const last = node.kind === "path" ? node.steps.at(-1) : node;
  return last?.kind === "field" && last.name === "$type";
}

/** `x == "foo"`: warns, and gives the side that was meant as a string. */
function quotedString(node: BinaryNode, env: TypeEnv): boolean {
  if (node.strict) return false;
  const side = [node.right, node.left].find((one) => one.kind === "field" && one.quoted);
  if (side?.kind !== "field") return false;
  if (!isMeantAsString(side.name, env.current)) return false;
  const text = `'${side.name.replaceAll("'", "\\'")}'`;
  env.report("FPL0901", side.span, `\`${JSON.stringify(side.name)}\` is a field, not a string`, {
    help: `for the string write ${text}`,
    fix: { span: side.span, text },
  });
  return true;
}

/** Fields that are there, and names that only stand in quotes, were meant as fields. */
function isMeantAsString(name: string, current: Type): boolean {
  const objects = membersOf(current);
  if (objects.length === 0) return /^\w*$/.test(name);
  return !name.startsWith("$") && !objects.some((one) => one.fields.has(name));
}
