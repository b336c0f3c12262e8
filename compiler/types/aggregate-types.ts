// The types of aggregates: of no values most are null, and null values do not count.

import { type AggregateName, isAggregate } from "../lower/aggregate-names.ts";
import type { CallShape, ExprNode } from "../syntax/ast.ts";
import { aNoun, labelOf } from "./describe.ts";
import { asCode, blame, standIn } from "./problems.ts";
import { isOrdered, isUnknown } from "./relate.ts";
import {
  ANY,
  from,
  INT,
  list,
  NUMBER,
  nonNull,
  nullable,
  nullableIf,
  object,
  type Type,
} from "./type.ts";
import { type Infer, sourceOf, type TypeEnv } from "./type-env.ts";

/** The type of the aggregate `call` over records as in `env`. */
export function aggregateType(call: CallShape, env: TypeEnv, infer: Infer): Type {
  const name = call.name.name;
  const argument = call.args[0]?.value;
  const of = argument === undefined ? ANY : infer(argument, env);
  if (!isAggregate(name)) return ANY;
  if (argument !== undefined && !isAccepted(name, argument, of, env)) return ANY;
  return from(`${name}()`, resultOf(name, of));
}

function resultOf(name: AggregateName, of: Type): Type {
  switch (name) {
    case "count":
    case "distinct":
    case "approx_distinct":
      return INT;
    case "sum":
      return of.kind === "number" ? nonNull(of) : NUMBER;
    case "avg":
    case "quantile":
      return nullableIf(of.nullable, NUMBER);
    case "stddev":
      return nullable(NUMBER);
    case "quantiles":
      return list(nullableIf(of.nullable, NUMBER));
    case "rate":
      return NUMBER;
    case "min":
    case "max":
    case "first":
    case "last":
      return of;
    case "collect":
      return list(nonNull(of));
    case "top_k":
      return list(
        object([
          ["value", nonNull(of)],
          ["count", INT],
          ["error", INT],
        ]),
      );
  }
}

function isAccepted(name: AggregateName, node: ExprNode, of: Type, env: TypeEnv): boolean {
  switch (name) {
    case "sum":
    case "avg":
    case "stddev":
    case "quantile":
    case "quantiles":
      return isUnknown(of) || of.kind === "number" || notNumbers(name, node, of, env);
    case "min":
    case "max":
      return isOrdered(of) || of.kind === "bool" || notOrdered(name, node, of, env);
    case "count":
    case "distinct":
    case "approx_distinct":
    case "first":
    case "last":
    case "collect":
    case "top_k":
    case "rate":
      return true;
  }
}

function notNumbers(name: string, node: ExprNode, of: Type, env: TypeEnv): false {
  const text = sourceOf(node, env);
  const sized = of.kind === "text" || of.kind === "list";
  const operand = of.nullable ? `${text} ?? ${standIn(of)}` : text;
  const fix = sized && text !== null ? `length(${operand})` : null;
  const help =
    fix === null ? "a duration becomes a number by `/ 1s`" : `did you mean ${asCode(fix)}?`;
  const message = `\`${name}\` takes numbers, not ${aNoun(of)}`;
  env.report("FPL0218", node.span, message, blame(node, of, help, fix));
  return false;
}

function notOrdered(name: string, node: ExprNode, of: Type, env: TypeEnv): false {
  env.report("FPL0215", node.span, `\`${name}\` needs an order, and ${aNoun(of)} has none`, {
    label: labelOf(of),
    help: "numbers, strings, instants and durations have an order",
  });
  return false;
}
