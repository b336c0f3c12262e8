// What makes and binds values: lists, objects, pipes and `let … in`.

import type { Expr } from "../../../plan/expr.ts";
import type { Compile, Node, Scope } from "../evaluate.ts";
import { type RecordValue, setField } from "../values.ts";

type Of<K extends Expr["k"]> = Extract<Expr, { k: K }>;

/** `[a, b]` */
export function compileList(expr: Of<"list">, scope: Scope, compile: Compile): Node {
  const items = expr.items.map((item) => compile(item, scope));
  return (current, frame) => items.map((item) => item(current, frame));
}

/** `{k: v}`; of two entries of one name the later counts. */
export function compileObject(expr: Of<"object">, scope: Scope, compile: Compile): Node {
  const entries = expr.entries.map(({ name, value }) => ({ name, value: compile(value, scope) }));
  return (current, frame) => {
    const record: RecordValue = {};
    for (const { name, value } of entries) setField(record, name, value(current, frame));
    return record;
  };
}

/** `right` with `@` bound to the value of `left`. */
export function compilePipe(expr: Of<"pipe">, scope: Scope, compile: Compile): Node {
  const left = compile(expr.left, scope);
  const right = compile(expr.right, scope.move());
  if (!expr.nullStops) return (current, frame) => right(left(current, frame), frame);
  return (current, frame) => {
    const value = left(current, frame);
    return value === null ? null : right(value, frame);
  };
}

/** The bindings do not see each other, only what is bound outside (JEP-11a). */
export function compileLet(expr: Of<"let">, scope: Scope, compile: Compile): Node {
  const values = expr.bindings.map(({ value }) => compile(value, scope));
  const { inner, firstSlot } = scope.bind(expr.bindings.map(({ name }) => name));
  const body = compile(expr.body, inner);
  return (current, frame) => {
    for (const [i, value] of values.entries()) frame.slots[firstSlot + i] = value(current, frame);
    return body(current, frame);
  };
}
