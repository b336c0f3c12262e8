// Makes expression nodes, keeping every tree shallower than EXPR_DEPTH_MAX.

import { EXPR_DEPTH_MAX } from "../../plan/expr.ts";
import type { Report } from "../diagnostics/diagnostic.ts";
import type { Arg, EntryNode, ExprNode, ExprShape, Span, Step } from "./ast.ts";

/** The node of `shape`; reported and replaced by an error node when it nests too deeply. */
export function makeNode(shape: ExprShape, span: Span, report: Report): ExprNode {
  const below = Math.max(0, ...children(shape).map((child) => child.depth));
  const depth = shape.kind === "path" ? pathDepth(below, shape.steps) : 1 + below;
  if (depth <= EXPR_DEPTH_MAX) return { ...shape, span, depth };
  report("FPL0190", span, `this expression nests deeper than ${EXPR_DEPTH_MAX}`, {
    help: "name a part of it with `let`, or use a list: `['a', 'b'] has x`",
  });
  return errorNode(span);
}

export function errorNode(span: Span): ExprNode {
  return { kind: "error", span, depth: 1 };
}

/** The expressions directly inside `shape`. */
export function children(shape: ExprShape): readonly ExprNode[] {
  switch (shape.kind) {
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
      return [];
    case "path":
      return [shape.base, ...shape.steps.flatMap(stepChildren)];
    case "binary":
      return [shape.left, shape.right];
    case "unary":
      return [shape.of];
    case "cond":
      return [shape.test, shape.yes, shape.no];
    case "list":
      return shape.items;
    case "object":
      return shape.entries.map((entry: EntryNode) => entry.value);
    case "call":
      return shape.args.map((arg: Arg) => arg.value);
    case "reference":
      return [shape.body];
    case "jmes":
      return [shape.expr];
    case "let":
      return [...shape.bindings.map((binding) => binding.value), shape.body];
  }
}

function stepChildren(step: Step): readonly ExprNode[] {
  switch (step.kind) {
    case "select":
      return [step.cond];
    case "sub":
      return [step.expr];
    case "field":
    case "index":
    case "slice":
    case "project":
    case "values":
    case "flatten":
      return [];
  }
}

/**
 * How deep `steps` on a base of depth `base` nest when lowered: plain steps around what they follow,
 * what follows a projection inside it, and a flatten around all before it.
 */
function pathDepth(base: number, steps: readonly Step[]): number {
  let before = base;
  let projections = 0;
  let run = 0;
  let inside = 0;
  const close = () => Math.max(before, inside + projections);
  for (const step of steps) {
    if (step.kind === "flatten") {
      before = close() + 1;
      [projections, run, inside] = [1, 0, 1];
    } else if (step.kind === "field" || step.kind === "index" || step.kind === "sub") {
      run += 1;
      if (projections === 0) before += 1;
      inside = Math.max(inside, run + 1);
    } else {
      projections += 1;
      run = 0;
    }
  }
  return close() + 1;
}
