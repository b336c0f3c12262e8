// What tokens alone do not tell: where expressions begin, and which `%` is no operator.

import type { ExprNode, ItemNode } from "../syntax/ast.ts";

export type Marks = {
  /** Offsets where an expression begins: there `-` is a sign, `(` groups and `[` is a list. */
  readonly operands: ReadonlySet<number>;
  /** Offsets of the `%` of `1%`. */
  readonly percents: ReadonlySet<number>;
};

/** The marks of all expressions in `items`. */
export function marksOf(items: readonly ItemNode[]): Marks {
  const operands = new Set<number>();
  const percents = new Set<number>();
  visitExpressions(items, ({ kind, span }) => {
    operands.add(span.start);
    if (kind === "percent") percents.add(span.end - 1);
  });
  return { operands, percents };
}

/** Calls `take` with every expression node under `value`, whatever holds it. */
function visitExpressions(value: unknown, take: (node: ExprNode) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (isExpression(value)) take(value);
  for (const child of Object.values(value)) visitExpressions(child, take);
}

/** Of all nodes only expressions have a depth. */
function isExpression(value: object): value is ExprNode {
  return "depth" in value && "span" in value;
}
