// Moves conditions on `kind`, `op` and `collection` out of the leading filters into the input, where
// they become subjects and the server drops what is not wanted.

import { EVENT_OPS } from "../../plan/event.ts";
import type { Expr } from "../../plan/expr.ts";
import { covers, NSID } from "../../plan/names.ts";
import type { Input } from "../../plan/plan.ts";

type FirehoseInput = Extract<Input, { kind: "firehose" }>;

/** The input narrowed by `filter`, and what is left of the filter; null when nothing is. */
export function pushDown(
  input: FirehoseInput,
  filter: Expr,
): { input: FirehoseInput; rest: Expr | null } {
  let narrowed = input;
  const rest: Expr[] = [];
  for (const conjunct of conjuncts(filter)) {
    const next = narrow(narrowed, conjunct);
    if (next === null) rest.push(conjunct);
    else narrowed = next;
  }
  return { input: narrowed, rest: conjunction(rest) };
}

function conjuncts(expr: Expr): Expr[] {
  return expr.k === "and" ? [...conjuncts(expr.left), ...conjuncts(expr.right)] : [expr];
}

function conjunction(parts: readonly Expr[]): Expr | null {
  if (parts.length === 0) return null;
  return parts.reduce((left, right) => ({ k: "and", left, right }));
}

/** The input that only gives events for which `cond` is true; null when subjects cannot say it. */
function narrow(input: FirehoseInput, cond: Expr): FirehoseInput | null {
  const wanted = valuesOf(cond);
  if (wanted !== null) return keep(input, wanted.field, wanted.values);
  return dropOp(input, cond);
}

function keep(
  input: FirehoseInput,
  field: string,
  values: readonly string[],
): FirehoseInput | null {
  if (field === "kind") {
    const kinds = input.kinds.filter((kind) => values.includes(kind));
    return kinds.length === 0 ? null : { ...input, kinds };
  }
  // Only commits have an operation and a collection.
  if (!input.kinds.includes("commit")) return null;
  if (field === "op") {
    const ops = allOps(input).filter((op) => values.includes(op));
    return ops.length === 0 ? null : { ...input, kinds: ["commit"], ops };
  }
  const collections = values.filter((value) => NSID.test(value) && allows(input, value));
  if (field !== "collection" || collections.length === 0) return null;
  return { ...input, kinds: ["commit"], collections };
}

function allOps(input: FirehoseInput): FirehoseInput["ops"] {
  return input.ops.length === 0 ? EVENT_OPS : input.ops;
}

function allows(input: FirehoseInput, collection: string): boolean {
  const { collections } = input;
  return collections.length === 0 || collections.some((pattern) => covers(pattern, collection));
}

/** `op != 'delete'`. Of an event without an operation it is true, so `kinds` stay. */
function dropOp(input: FirehoseInput, cond: Expr): FirehoseInput | null {
  const test = comparison(cond);
  if (test === null || test.op !== "!=" || test.field !== "op") return null;
  const ops = allOps(input).filter((op) => op !== test.value);
  return ops.length === 0 ? null : { ...input, ops };
}

/** `f == 'a' || f == 'b'` and `['a', 'b'] has f`: the field and its values. */
function valuesOf(cond: Expr): { field: string; values: string[] } | null {
  if (cond.k === "or") {
    const [left, right] = [valuesOf(cond.left), valuesOf(cond.right)];
    if (left === null || right === null || left.field !== right.field) return null;
    return { field: left.field, values: [...left.values, ...right.values] };
  }
  if (cond.k === "has") return membership(cond.left, cond.right);
  const test = comparison(cond);
  return test?.op === "==" ? { field: test.field, values: [test.value] } : null;
}

function membership(list: Expr, element: Expr): { field: string; values: string[] } | null {
  const field = eventField(element);
  const items = list.k === "list" ? list.items.map(stringLiteral) : literalItems(list);
  if (field === null || items === null || items.includes(null)) return null;
  return { field, values: items.filter((item) => item !== null) };
}

function literalItems(list: Expr): (string | null)[] | null {
  if (list.k !== "literal" || !Array.isArray(list.value)) return null;
  return list.value.map((item) => (typeof item === "string" ? item : null));
}

/** `field == 'text'`, either way round. */
function comparison(cond: Expr): { op: "==" | "!="; field: string; value: string } | null {
  if (cond.k !== "compare" || (cond.op !== "==" && cond.op !== "!=")) return null;
  const field = eventField(cond.left) ?? eventField(cond.right);
  const value = stringLiteral(cond.left) ?? stringLiteral(cond.right);
  return field === null || value === null ? null : { op: cond.op, field, value };
}

function eventField(expr: Expr): string | null {
  const top = expr.k === "field" && (expr.of.k === "current" || expr.of.k === "root");
  return top ? expr.name : null;
}

function stringLiteral(expr: Expr): string | null {
  return expr.k === "literal" && typeof expr.value === "string" ? expr.value : null;
}
