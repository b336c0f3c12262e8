// Operator precedence, apart from the grammar: the parser reads a flat list of operands and operators
// and this turns it into a tree, without recursion.

import type { BinaryOp, ExprNode } from "./ast.ts";

/** Binding strength; greater binds tighter. The conditional stands between `|` and `||`. */
const STRENGTH: Readonly<Record<BinaryOp | "?", number>> = {
  "|": 1,
  "?": 2,
  "||": 3,
  "&&": 4,
  "==": 5,
  "!=": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  has: 5,
  matches: 5,
  "??": 6,
  "+": 7,
  "-": 7,
  "*": 8,
  "/": 8,
  "//": 8,
  "%": 8,
};

/** An operator between two operands; for `c ? x : y` it carries `x`. */
export type Infix =
  | { readonly op: BinaryOp; readonly middle?: undefined }
  | { readonly op: "?"; readonly middle: ExprNode };

/** Makes the node of an operator from its operands. */
export type Combine = (infix: Infix, left: ExprNode, right: ExprNode) => ExprNode;

/** The operator of a token image. */
export function binaryOp(image: string): BinaryOp {
  if (image === "×") return "*";
  if (image === "÷") return "/";
  if (image === "−") return "-";
  // Only tokens of the category BinaryOperator come here; their images are the union's members.
  return image as BinaryOp;
}

/**
 * Shunting-yard over `first infixes[0] rest[0] infixes[1] rest[1] …`. All operators associate to the
 * left, the conditional to the right.
 */
export function arrange(
  first: ExprNode,
  infixes: readonly Infix[],
  rest: readonly ExprNode[],
  combine: Combine,
): ExprNode {
  const operands = [first];
  const pending: Infix[] = [];
  for (const [i, infix] of infixes.entries()) {
    while (pending.length > 0 && goesFirst(pending.at(-1), infix))
      reduce(operands, pending, combine);
    pending.push(infix);
    operands.push(rest[i] ?? first);
  }
  while (pending.length > 0) reduce(operands, pending, combine);
  return operands[0] ?? first;
}

function goesFirst(waiting: Infix | undefined, next: Infix): boolean {
  if (waiting === undefined) return false;
  const [a, b] = [STRENGTH[waiting.op], STRENGTH[next.op]];
  return a > b || (a === b && next.op !== "?");
}

function reduce(operands: ExprNode[], pending: Infix[], combine: Combine): void {
  const [infix, right, left] = [pending.pop(), operands.pop(), operands.pop()];
  if (infix === undefined || left === undefined || right === undefined) return;
  operands.push(combine(infix, left, right));
}
