// `==` to `>=`. Comparing with a literal, the common case, becomes a closure of its own.

import type { CompareOp, Expr } from "../../../plan/expr.ts";
import { type Answer, type Compile, chainOf, type Node, type Scope } from "../evaluate.ts";
import { CidLink, deepEqual, orderOrNull, type Value } from "../values.ts";

type CompareExpr = Extract<Expr, { k: "compare" }>;
type OrderOp = Exclude<CompareOp, "==" | "!=">;

export function compileCompare(expr: CompareExpr, scope: Scope, compile: Compile): Node {
  const { op, left, right, strict } = expr;
  if (op === "==" || op === "!=") return compileEquality(expr, op === "==", scope, compile);
  const operand = compile(left, scope);
  if (right.k === "literal" && typeof right.value === "number") {
    return orderWithNumber(op, operand, right.value);
  }
  return order(op, operand, compile(right, scope), strict ? numericOrder : orderOrNull);
}

function compileEquality(expr: CompareExpr, wanted: boolean, scope: Scope, compile: Compile): Node {
  const left = compile(expr.left, scope);
  if (expr.right.k === "literal") {
    const literal = expr.right.value;
    if (typeof literal === "string") {
      const direct = chainOf(expr.left, scope);
      const answer = direct?.source.equalsText(direct.names, literal) ?? null;
      const equals = equalsText(left, literal, wanted);
      return answer === null ? equals : answered(answer, equals, wanted);
    }
    if (literal === null || typeof literal !== "object") {
      return (current, frame) => (left(current, frame) === literal) === wanted;
    }
  }
  const right = compile(expr.right, scope);
  return (current, frame) => deepEqual(left(current, frame), right(current, frame)) === wanted;
}

/** From the bytes where they tell, else from the value. */
function answered(answer: Answer, otherwise: Node, wanted: boolean): Node {
  return (current, frame) => {
    const known = answer();
    return known === null ? otherwise(current, frame) : known === wanted;
  };
}

function equalsText(of: Node, text: string, wanted: boolean): Node {
  return (current, frame) => {
    const value = of(current, frame);
    if (typeof value === "string") return (value === text) === wanted;
    return (value instanceof CidLink && value.cid === text) === wanted;
  };
}

/** Numbers have an order, nothing else has: JMESPath's own rule. */
function numericOrder(a: Value, b: Value): number | null {
  return typeof a === "number" && typeof b === "number" ? a - b : null;
}

function order(
  op: OrderOp,
  left: Node,
  right: Node,
  compare: (a: Value, b: Value) => number | null,
): Node {
  const holds = ORDER_HOLDS[op];
  return (current, frame) => {
    const by = compare(left(current, frame), right(current, frame));
    return by === null ? null : holds(by);
  };
}

const ORDER_HOLDS: Record<OrderOp, (order: number) => boolean> = {
  "<": (by) => by < 0,
  "<=": (by) => by <= 0,
  ">": (by) => by > 0,
  ">=": (by) => by >= 0,
};

function orderWithNumber(op: OrderOp, of: Node, bound: number): Node {
  switch (op) {
    case "<":
      return (current, frame) => {
        const value = of(current, frame);
        return typeof value === "number" ? value < bound : null;
      };
    case "<=":
      return (current, frame) => {
        const value = of(current, frame);
        return typeof value === "number" ? value <= bound : null;
      };
    case ">":
      return (current, frame) => {
        const value = of(current, frame);
        return typeof value === "number" ? value > bound : null;
      };
    case ">=":
      return (current, frame) => {
        const value = of(current, frame);
        return typeof value === "number" ? value >= bound : null;
      };
  }
}
