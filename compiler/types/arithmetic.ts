// The types of `+ - * / // %` over numbers, instants and durations, as the runtime computes them.

import type { ArithmeticOp } from "../../plan/expr.ts";
import type { ExprNode } from "../syntax/ast.ts";
import { aNoun, labelOf, nounOf } from "./describe.ts";
import { alternatives, asCode, blame, nullHelp, operandText, standIn } from "./problems.ts";
import { isUnknown } from "./relate.ts";
import { ANY, DURATION, INSTANT, INT, NUMBER, type Type } from "./type.ts";
import { type Infer, sourceOf, type TypeEnv } from "./type-env.ts";

type BinaryNode = Extract<ExprNode, { kind: "binary" }>;

export function inferArithmetic(
  node: BinaryNode,
  op: ArithmeticOp,
  env: TypeEnv,
  infer: Infer,
): Type {
  const [left, right] = [infer(node.left, env), infer(node.right, env)];
  const result = resultOf(op, left, right);
  if (result === null) {
    reportOperands(node, op, left, right, env);
    return ANY;
  }
  const leftIsSafe = checkNull(`\`${op}\``, node.left, left, right, env);
  const rightIsSafe = checkNull(`\`${op}\``, node.right, right, left, env);
  return leftIsSafe && rightIsSafe ? result : ANY;
}

/** Unary `-` and `+`. */
export function inferNegative(
  node: Extract<ExprNode, { kind: "unary" }>,
  of: Type,
  env: TypeEnv,
): Type {
  if (isUnknown(of) && of.kind !== "null") return ANY;
  const allowed = of.kind === "number" || (of.kind === "duration" && node.op === "-");
  if (allowed) return checkNull(`\`${node.op}\``, node.of, of, of, env) ? of : ANY;
  const message = `\`${node.op}\` takes numbers, not ${aNoun(of)}`;
  env.report("FPL0209", node.of.span, message, { label: labelOf(of) });
  return ANY;
}

/** Null where the operation has no meaning. */
function resultOf(op: ArithmeticOp, left: Type, right: Type): Type | null {
  if (left.kind === "null" || right.kind === "null") return ANY;
  if (isUnknown(left) || isUnknown(right)) return halfKnown(op, left, right);
  if (left.kind === "number" && right.kind === "number") {
    return op !== "/" && left.integer && right.integer ? INT : op === "//" ? INT : NUMBER;
  }
  return TIMES[`${left.kind} ${op} ${right.kind}`] ?? null;
}

const TIMES: Readonly<Record<string, Type>> = {
  "instant - instant": DURATION,
  "instant + duration": INSTANT,
  "instant - duration": INSTANT,
  "duration + instant": INSTANT,
  "duration + duration": DURATION,
  "duration - duration": DURATION,
  "duration % duration": DURATION,
  "duration / duration": NUMBER,
  "duration // duration": INT,
  "duration * number": DURATION,
  "number * duration": DURATION,
  "duration / number": DURATION,
};

/** One side is unknown: only what has no meaning with anything is wrong. */
function halfKnown(op: ArithmeticOp, left: Type, right: Type): Type | null {
  const known = isUnknown(left) ? right : left;
  if (isUnknown(known)) return ANY;
  const kinds = ["number", "instant", "duration"];
  const possible = kinds.some((kind) => {
    const pair = isUnknown(left) ? `${kind} ${op} ${known.kind}` : `${known.kind} ${op} ${kind}`;
    return TIMES[pair] !== undefined || (kind === "number" && known.kind === "number");
  });
  return possible ? ANY : null;
}

function reportOperands(
  node: BinaryNode,
  op: ArithmeticOp,
  left: Type,
  right: Type,
  env: TypeEnv,
): void {
  const countable = (type: Type) => ["number", "instant", "duration"].includes(type.kind);
  const [blamed, type] =
    countable(left) && !countable(right) ? [node.right, right] : [node.left, left];
  const message =
    isUnknown(left) || isUnknown(right)
      ? `\`${op}\` takes no ${nounOf(type)}`
      : `\`${op}\` does not take ${nounOf(left)} and ${nounOf(right)}`;
  env.report("FPL0209", blamed.span, message, {
    label: labelOf(type),
    ...remedy(node, op, left, right, env),
  });
}

/** Strings are joined, not added; what a time and a number were meant to be is said. */
function remedy(node: BinaryNode, op: ArithmeticOp, left: Type, right: Type, env: TypeEnv) {
  const [a, b] = [sourceOf(node.left, env), sourceOf(node.right, env)];
  if (op === "+" && left.kind === "text" && right.kind === "text" && a !== null && b !== null) {
    const text = `join('', [${a}, ${b}])`;
    return { help: `strings are put together with \`${text}\``, fix: { span: node.span, text } };
  }
  const times = [left, right].some((type) => type.kind === "instant" || type.kind === "duration");
  if (times) {
    return {
      help: "instant − instant is a duration, instant ± duration an instant, duration / duration a number; a duration has a unit, as `5m`",
    };
  }
  return {
    help: "arithmetic is for numbers, instants and durations; `to_number(…)` reads a string",
  };
}

/** Whether an operand is never null, which arithmetic needs; reported otherwise. */
function checkNull(what: string, node: ExprNode, type: Type, other: Type, env: TypeEnv): boolean {
  if (!type.nullable || type.kind === "any") return true;
  const instead = standIn(type);
  const text = operandText(node, env);
  const fix = instead === null || text === null ? null : `(${text} ?? ${instead})`;
  const message =
    type.kind === "null"
      ? `${what} needs a value, and this is always null`
      : `${what} needs ${aNoun(type)}, and this can be null`;
  const general =
    fix === null
      ? "leave null out before: `filter … != null`"
      : `give it a default: ${asCode(fix)}`;
  const help = alternatives(nullHelp(node, env), general);
  if (isUnknown(other) && other.kind === "any" && type.kind === "null") return true;
  env.report("FPL0207", node.span, message, blame(node, type, help, fix));
  return false;
}
