// Compiles an expression to a closure: every decision that the expression alone settles is taken here,
// once, so that evaluating a record only runs the closures of its nodes.

import type { Expr } from "../../plan/expr.ts";
import { EvaluationError } from "./eval-error.ts";
import {
  type Compile,
  type Evaluate,
  type Frame,
  type Node,
  type RecordSource,
  Scope,
} from "./evaluate.ts";
import { withFuel } from "./fuel.ts";
import { compileArithmetic, compileNegate } from "./nodes/arithmetic.ts";
import { compileCall } from "./nodes/calls.ts";
import { compileCompare } from "./nodes/comparisons.ts";
import { compileLet, compileList, compileObject, compilePipe } from "./nodes/constructs.ts";
import { compileAnd, compileCoalesce, compileCond, compileNot, compileOr } from "./nodes/logic.ts";
import { compileHas, compileMatches } from "./nodes/membership.ts";
import { compileExists, compileField, compileIndex, compileVariable } from "./nodes/paths.ts";
import {
  compileFlatten,
  compileProject,
  compileSelect,
  compileSlice,
  compileValues,
} from "./nodes/projections.ts";
import { isStraight } from "./straight.ts";
import { Duration, Instant, type Value } from "./values.ts";

/** Why a filter dropped a record: `null`, `not a boolean` or `error: …`, without data in it. */
export type DropReason = string;

/** True or false as the expression says; anything else drops the record, for the reason given. */
export type Predicate = (record: Value) => boolean | DropReason;

/**
 * The expression as a closure. It takes the record (`@` and `$`) and gives the value, or throws an
 * EvaluationError: the semantics are those of `Expr` (plan/expr.ts).
 * @param source where the fields of the record are, when it is not an object; then it is given null
 * @throws RE2JSException when a regex is not RE2 syntax, which the compiler has refused before.
 */
export function compileExpr(expr: Expr, source: RecordSource | null = null): Evaluate {
  const scope = new Scope(source);
  const node = compileNode(expr, scope);
  const frame: Frame = { root: null, slots: new Array<Value>(scope.slots).fill(null) };
  return isStraight(expr) ? straight(node, frame) : fuelled(node, frame);
}

/** The expression of a `filter`: only `true` keeps a record. */
export function compilePredicate(expr: Expr, source: RecordSource | null = null): Predicate {
  const evaluate = compileExpr(expr, source);
  return (record) => {
    try {
      const value = evaluate(record);
      if (typeof value === "boolean") return value;
      return value === null ? "null" : "not a boolean";
    } catch (error) {
      if (error instanceof EvaluationError) return `error: ${error.reason}`;
      throw error;
    }
  };
}

function straight(node: Node, frame: Frame): Evaluate {
  return (record) => {
    frame.root = record;
    return node(record, frame);
  };
}

function fuelled(node: Node, frame: Frame): Evaluate {
  return (record) => {
    frame.root = record;
    return withFuel(node, record, frame);
  };
}

const compileNode: Compile = (expr, scope) => {
  switch (expr.k) {
    case "literal":
      return constant(expr.value as Value); // JSON is a subset of values, and nobody changes them
    case "instant":
      return constant(new Instant(expr.ms));
    case "duration":
      return constant(new Duration(expr.ms));
    case "current":
      return scope.current?.whole ?? ((current) => current);
    case "root":
      return scope.root?.whole ?? ((_current, frame) => frame.root);
    case "variable":
      return compileVariable(expr.name, scope);
    case "field":
      return compileField(expr, scope, compileNode);
    case "index":
      return compileIndex(expr, scope, compileNode);
    case "slice":
      return compileSlice(expr, scope, compileNode);
    case "project":
      return compileProject(expr, scope, compileNode);
    case "values":
      return compileValues(expr, scope, compileNode);
    case "flatten":
      return compileFlatten(expr, scope, compileNode);
    case "select":
      return compileSelect(expr, scope, compileNode);
    case "pipe":
      return compilePipe(expr, scope, compileNode);
    case "list":
      return compileList(expr, scope, compileNode);
    case "object":
      return compileObject(expr, scope, compileNode);
    case "and":
      return compileAnd(expr, scope, compileNode);
    case "or":
      return compileOr(expr, scope, compileNode);
    case "not":
      return compileNot(expr, scope, compileNode);
    case "cond":
      return compileCond(expr, scope, compileNode);
    case "coalesce":
      return compileCoalesce(expr, scope, compileNode);
    case "compare":
      return compileCompare(expr, scope, compileNode);
    case "arithmetic":
      return compileArithmetic(expr, scope, compileNode);
    case "negate":
      return compileNegate(expr, scope, compileNode);
    case "has":
      return compileHas(expr, scope, compileNode);
    case "matches":
      return compileMatches(expr, scope, compileNode);
    case "exists":
      return compileExists(expr.path, scope, compileNode);
    case "call":
      return compileCall(expr, scope, compileNode);
    case "let":
      return compileLet(expr, scope, compileNode);
    case "regex":
    case "reference":
      return misplaced(expr.k);
  }
};

function constant(value: Value): Node {
  return () => value;
}

/** A regex or `&expr` where a value should stand. */
function misplaced(what: "regex" | "reference"): Node {
  return () => {
    throw new EvaluationError("invalid type", `a ${what} is not a value`);
  };
}
