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

/** A record has at most this (the shuffler's `RECORD_BYTES_MAX`), megabytes. */
const RECORD_MB_MAX = 1;
/** And one that is sent this (`VALUE_BYTES_MAX` of the runtime). */
const RESULT_MB_MAX = 7;

/** The type of the aggregate `call` over records as in `env`. */
export function aggregateType(call: CallShape, env: TypeEnv, infer: Infer): Type {
  const name = call.name.name;
  const argument = call.args[0]?.value;
  const of = argument === undefined ? ANY : infer(argument, env);
  if (!isAggregate(name)) return ANY;
  if (argument !== undefined && !isAccepted(name, argument, of, env)) return ANY;
  if (name === "collect") warnOfSize(call, of, env);
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

/** Warns where a list of so many may be larger than a result can be: it would go to dead letters. */
function warnOfSize(call: CallShape, of: Type, env: TypeEnv): void {
  const { args } = call;
  const max = (args.find((arg) => arg.name?.name === "max") ?? args[1])?.value;
  const [item] = args;
  if (item === undefined || max?.kind !== "literal" || typeof max.value !== "number") return;
  if (max.value * RECORD_MB_MAX <= RESULT_MB_MAX || !isLarge(of)) return;
  const what = of.kind === "text" ? "texts" : "records";
  const size = `${max.value * RECORD_MB_MAX} MB`;
  const message = `${max.value} ${what} may have ${size}, and a result has at most ${RESULT_MB_MAX} MB`;
  const help = "collect something small, as `uri`, or fewer: what is larger goes to dead letters";
  env.report("FPL0908", item.span, message, { help });
}

/** Whether a value may be about as large as a record: any text without a format, and what has fields of any kind. */
function isLarge(type: Type): boolean {
  switch (type.kind) {
    case "text":
      return type.format === "string" && type.values === null;
    case "object":
      return type.name !== null || type.rest !== null || [...type.fields.values()].some(isLarge);
    case "list":
      return isLarge(type.element);
    case "union":
      return type.members.some(isLarge);
    case "any":
    case "never":
    case "null":
    case "number":
    case "bool":
    case "instant":
    case "duration":
    case "bytes":
    case "reference":
    case "regex":
      return false;
  }
}
