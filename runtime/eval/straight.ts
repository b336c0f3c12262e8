// Tells the expressions that cannot do more work than their record is long, and so need no fuel.

import type { Expr } from "../../plan/expr.ts";

/**
 * Whether the expression only reads fields and asks scalar questions: nothing in it repeats an
 * expression per element, makes a list or object, or binds a variable.
 */
export function isStraight(expr: Expr): boolean {
  switch (expr.k) {
    case "literal":
    case "instant":
    case "duration":
    case "current":
    case "root":
      return true;
    case "field":
    case "index":
    case "not":
    case "negate":
      return isStraight(expr.of);
    case "exists":
      return isStraight(expr.path);
    case "matches":
      return isStraight(expr.left);
    case "and":
    case "or":
    case "coalesce":
    case "compare":
    case "arithmetic":
    case "has":
      return isStraight(expr.left) && isStraight(expr.right);
    case "cond":
      return isStraight(expr.test) && isStraight(expr.then) && isStraight(expr.else);
    case "call":
      return expr.args.every(isStraight);
    case "regex":
    case "variable":
    case "slice":
    case "project":
    case "values":
    case "flatten":
    case "select":
    case "pipe":
    case "list":
    case "object":
    case "reference":
    case "let":
      return false;
  }
}
