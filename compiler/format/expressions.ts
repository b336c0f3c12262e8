// Where the lines of an expression may end: before its operators, loosest first.

import type { EntryNode, ExprNode } from "../syntax/ast.ts";
import { children } from "../syntax/node.ts";
import { strength } from "../syntax/precedence.ts";
import { INDENT, type Layout } from "./layout.ts";

/** Lays out every token of `node`. */
export function layExpression(node: ExprNode, layout: Layout): void {
  layout.upTo(node.span.start);
  // What a `jmes'…'` holds is one token.
  if (layout.token?.startOffset === node.span.start) layInside(node, layout);
  layout.upTo(node.span.end);
}

function layInside(node: ExprNode, layout: Layout): void {
  switch (node.kind) {
    case "binary":
    case "cond":
      layOperators(node, layout);
      return;
    case "let":
      layLet(node.bindings, node.body, layout);
      return;
    case "error":
    case "literal":
    case "duration":
    case "instant":
    case "regex":
    case "percent":
    case "current":
    case "root":
    case "variable":
    case "field":
    case "path":
    case "unary":
    case "list":
    case "object":
    case "call":
    case "reference":
    case "jmes":
      for (const child of children(node)) layExpression(child, layout);
  }
}

/** `a && b && c`, `c ? x : d ? y : z`: one group, broken before every operator or before none. */
function layOperators(node: ExprNode, layout: Layout): void {
  const operands = operandsOf(node);
  const hanging = operands.at(-1);
  const [first, ...rest] = operands;
  if (first === undefined || hanging === undefined) return;
  layout.upTo(first.span.start);
  layout.settle();
  layout.open("group", 0);
  layExpression(first, layout);
  layout.open("nest", INDENT);
  for (const operand of rest) {
    if (operand === hanging && hangs(operand)) break;
    layout.gap("line");
    layExpression(operand, layout);
  }
  layout.close();
  if (hangs(hanging)) layHanging(hanging, layout);
  layout.close();
}

/** Whether a last operand stays on the line of its operator, and breaks inside its brackets instead. */
function hangs({ kind }: ExprNode): boolean {
  return kind === "list" || kind === "object";
}

function layHanging(operand: ExprNode, layout: Layout): void {
  layout.gap("space");
  layExpression(operand, layout);
}

/** The operands of a chain of operators that bind alike, in their order. */
function operandsOf(node: ExprNode): ExprNode[] {
  if (node.kind === "cond") {
    const { test, yes, no } = node;
    const chained = no.kind === "cond" && no.test.span.start === no.span.start;
    return [test, yes, ...(chained ? operandsOf(no) : [no])];
  }
  if (node.kind !== "binary") return [node];
  const { left, right, op } = node;
  // A greater span than its operands' says that it stands in parentheses.
  const chained =
    left.kind === "binary" &&
    strength(left.op) === strength(op) &&
    left.left.span.start === left.span.start;
  return [...(chained ? operandsOf(left) : [left]), right];
}

/** `let $a = 1, $b = 2 in BODY`; the body on a line of its own when it does not fit. */
function layLet(bindings: readonly EntryNode[], body: ExprNode, layout: Layout): void {
  layout.settle();
  layout.open("group", 0);
  for (const { value } of bindings) layExpression(value, layout);
  layout.plain();
  layout.gap("line");
  // A `let` in a `let` begins where the outer one does.
  if (body.kind === "let") layLet(body.bindings, body.body, layout);
  else layExpression(body, layout);
  layout.close();
}
