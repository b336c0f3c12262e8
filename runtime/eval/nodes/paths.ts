// Fields, indices, `exists` and variables: how an expression reaches into a value.

import type { Expr } from "../../../plan/expr.ts";
import { EvaluationError } from "../eval-error.ts";
import { type Compile, chainOf, type Node, type Scope } from "../evaluate.ts";
import { CidLink, Duration, Instant, isRecord, type RecordValue, type Value } from "../values.ts";

type FieldExpr = Extract<Expr, { k: "field" }>;
type Read = (value: Value) => Value;

/** `a.b.c`: null wherever there is no such field. A chain of names becomes one closure. */
export function compileField(expr: FieldExpr, scope: Scope, compile: Compile): Node {
  const direct = chainOf(expr, scope);
  if (direct !== null) return direct.source.field(direct.names);
  const reads: Read[] = [];
  let base: Expr = expr;
  for (; base.k === "field"; base = base.of) reads.unshift(fieldReader(base.name));
  return base.k === "current" ? chainOfCurrent(reads) : chain(compile(base, scope), reads);
}

function chainOfCurrent(reads: readonly Read[]): Node {
  const [first, second, ...rest] = reads;
  if (first === undefined) return (current) => current;
  if (second === undefined) return first;
  if (rest.length === 0) return (current) => second(first(current));
  return chain((current) => second(first(current)), rest);
}

function chain(base: Node, reads: readonly Read[]): Node {
  const [first, ...rest] = reads;
  if (first === undefined) return base;
  if (rest.length === 0) return (current, frame) => first(base(current, frame));
  return (current, frame) => {
    let value = first(base(current, frame));
    for (const read of rest) value = read(value);
    return value;
  };
}

/** Reads field `name`. */
export function fieldReader(name: string): Read {
  if (isFoundElsewhere(name)) {
    return (value) => {
      return isRecord(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
    };
  }
  return (value) => {
    if (value === null) return null;
    // Nothing but a record has a property of this name, so on anything else this reads undefined.
    return (value as RecordValue)[name] ?? null;
  };
}

/**
 * Whether `name` is a property of something that is not a field: of a prototype (`constructor`,
 * `length`), of an instant or a link, or an index of a list or string.
 */
function isFoundElsewhere(name: string): boolean {
  if (/^\d+$/.test(name)) return true;
  const others = ["", 0, true, [], {}, new Uint8Array(), Buffer.alloc(0)].map(Object);
  const ours = [new Instant(0), new Duration(0), new CidLink("")];
  return [...others, ...ours].some((other) => name in other);
}

/** `[n]` of a list; negative counts from the end, null outside and of anything else. */
export function compileIndex(
  expr: Extract<Expr, { k: "index" }>,
  scope: Scope,
  compile: Compile,
): Node {
  const of = compile(expr.of, scope);
  const { at } = expr;
  if (at >= 0) {
    return (current, frame) => {
      const list = of(current, frame);
      return Array.isArray(list) ? (list[at] ?? null) : null;
    };
  }
  return (current, frame) => {
    const list = of(current, frame);
    return Array.isArray(list) ? (list[list.length + at] ?? null) : null;
  };
}

/** `exists(path)`: whether the last field or index of `path` is there, even if it is null. */
export function compileExists(path: Expr, scope: Scope, compile: Compile): Node {
  const direct = chainOf(path, scope);
  if (direct !== null) return direct.source.exists(direct.names);
  if (path.k === "field") {
    const of = compile(path.of, scope);
    const { name } = path;
    return (current, frame) => {
      const record = of(current, frame);
      return isRecord(record) && Object.hasOwn(record, name);
    };
  }
  if (path.k === "index") {
    const of = compile(path.of, scope);
    const { at } = path;
    return (current, frame) => {
      const list = of(current, frame);
      return Array.isArray(list) && at < list.length && at >= -list.length;
    };
  }
  const value = compile(path, scope);
  return (current, frame) => value(current, frame) !== null;
}

/** `$name`: read from the slot of its binding. */
export function compileVariable(name: string, scope: Scope): Node {
  const slot = scope.slotOf(name);
  if (slot !== null) return (_current, frame) => frame.slots[slot] ?? null;
  return () => {
    throw new EvaluationError("undefined variable", `$${name} is not bound`);
  };
}
