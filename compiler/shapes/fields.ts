// Checks the fields an expression takes from the record against what is known of the record.

import type { Report } from "../diagnostics/diagnostic.ts";
import { didYouMean, nearest } from "../diagnostics/suggest.ts";
import type { ExprNode, Span, Step } from "../syntax/ast.ts";
import { children } from "../syntax/node.ts";
import type { Shape } from "./shape.ts";

export type FieldCheck = {
  /** Fields of the record the whole expression is applied to. */
  readonly root: Shape;
  /** Fields of what `@` is here: null inside projections. */
  readonly current: Shape;
  readonly report: Report;
};

/** Reports fields that the record cannot have. */
export function checkFields(node: ExprNode, check: FieldCheck): void {
  switch (node.kind) {
    case "field":
      known(node.name, node.quoted, node.span, check.current, check);
      return;
    case "path":
      checkPath(node, check);
      return;
    case "binary": {
      const warned = quotedString(node, check.report);
      for (const side of [node.left, node.right]) {
        const inner = side === node.right && node.op === "|" ? { ...check, current: null } : check;
        if (side !== warned) checkFields(side, inner);
      }
      return;
    }
    case "reference":
      checkFields(node.body, { ...check, current: null });
      return;
    case "call":
      // `exists` asks whether a field is there: any name may stand in it.
      if (node.name.name === "exists") return;
      break;
    case "error":
    case "literal":
    case "duration":
    case "instant":
    case "regex":
    case "percent":
    case "current":
    case "root":
    case "variable":
    case "unary":
    case "cond":
    case "list":
    case "object":
    case "let":
      break;
  }
  for (const child of children(node)) checkFields(child, check);
}

function checkPath(node: Extract<ExprNode, { kind: "path" }>, check: FieldCheck): void {
  const [first] = node.steps;
  const { base } = node;
  if (first?.kind === "field" && (base.kind === "current" || base.kind === "root")) {
    const shape = base.kind === "current" ? check.current : check.root;
    known(first.name, first.quoted, first.span, shape, check);
  } else {
    checkFields(base, check);
  }
  for (const step of node.steps) checkStep(step, { ...check, current: null });
}

function checkStep(step: Step, inner: FieldCheck): void {
  if (step.kind === "select") checkFields(step.cond, inner);
  if (step.kind === "sub") checkFields(step.expr, inner);
}

function known(name: string, quoted: boolean, span: Span, shape: Shape, check: FieldCheck): void {
  if (shape === null || shape.has(name)) return;
  const meant = nearest(name, shape);
  const written = quoted ? JSON.stringify(name) : name;
  const list = [...shape].map((field) => `\`${field}\``).join(", ");
  check.report("FPL0205", span, `unknown field \`${written}\`${didYouMean(name, shape)}`, {
    ...(meant === null ? {} : { fix: { span, text: meant } }),
    help: `the fields here are ${list}`,
  });
}

/** `x == "foo"`: warns, and gives the side that was meant as a string. */
function quotedString(
  node: Extract<ExprNode, { kind: "binary" }>,
  report: Report,
): ExprNode | null {
  if (node.strict || (node.op !== "==" && node.op !== "!=")) return null;
  const side = [node.right, node.left].find((one) => one.kind === "field" && one.quoted);
  if (side?.kind !== "field") return null;
  const text = `'${side.name.replaceAll("'", "\\'")}'`;
  report("FPL0901", side.span, `\`${JSON.stringify(side.name)}\` is a field, not a string`, {
    help: `for the string write ${text}`,
    fix: { span: side.span, text },
  });
  return side;
}
