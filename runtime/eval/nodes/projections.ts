// Projections: an expression applied to every element of a list or object, nulls left out.

import type { Expr } from "../../../plan/expr.ts";
import { EvaluationError } from "../eval-error.ts";
import type { Compile, Frame, Node, Scope } from "../evaluate.ts";
import { burn } from "../fuel.ts";
import { checkListLength } from "../limits.ts";
import { isFlat } from "../text.ts";
import { isRecord, isTruthy, textOf, type Value } from "../values.ts";

type Of<K extends Expr["k"]> = Extract<Expr, { k: K }>;

/** `[*]` */
export function compileProject(expr: Of<"project">, scope: Scope, compile: Compile): Node {
  const of = compile(expr.of, scope);
  const each = compile(expr.each, scope.move());
  return (current, frame) => {
    const list = of(current, frame);
    return Array.isArray(list) ? project(list, each, frame) : null;
  };
}

/** `.*`, in the order of the fields. */
export function compileValues(expr: Of<"values">, scope: Scope, compile: Compile): Node {
  const of = compile(expr.of, scope);
  const each = compile(expr.each, scope.move());
  return (current, frame) => {
    const record = of(current, frame);
    return isRecord(record) ? project(Object.values(record), each, frame) : null;
  };
}

/** `[]`: lists among the elements are replaced by their elements, then as `[*]`. */
export function compileFlatten(expr: Of<"flatten">, scope: Scope, compile: Compile): Node {
  const of = compile(expr.of, scope);
  const each = compile(expr.each, scope.move());
  return (current, frame) => {
    const list = of(current, frame);
    return Array.isArray(list) ? project(flatten(list), each, frame) : null;
  };
}

/** `[?cond]` */
export function compileSelect(expr: Of<"select">, scope: Scope, compile: Compile): Node {
  const of = compile(expr.of, scope);
  const cond = compile(expr.cond, scope.move());
  const each = compile(expr.each, scope.move());
  return (current, frame) => {
    const list = of(current, frame);
    if (!Array.isArray(list)) return null;
    burn(list.length);
    const kept = list.filter((element) => isTruthy(cond(element, frame)));
    return project(kept, each, frame);
  };
}

/** `[start:stop:step]` as in Python; of a string, its code points, which is no projection. */
export function compileSlice(expr: Of<"slice">, scope: Scope, compile: Compile): Node {
  const of = compile(expr.of, scope);
  const each = compile(expr.each, scope.move());
  return (current, frame) => {
    const sliced = of(current, frame);
    if (Array.isArray(sliced)) return project(slice(sliced, expr), each, frame);
    const text = textOf(sliced);
    return text === null ? null : each(sliceText(text, expr), frame);
  };
}

function project(list: readonly Value[], each: Node, frame: Frame): Value[] {
  burn(list.length);
  const projected: Value[] = [];
  for (const element of list) {
    const value = each(element, frame);
    if (value !== null) projected.push(value);
  }
  return projected;
}

function flatten(list: readonly Value[]): Value[] {
  const flat: Value[] = [];
  for (const element of list) {
    if (Array.isArray(element)) {
      checkListLength(flat.length + element.length);
      for (const inner of element) flat.push(inner);
    } else {
      flat.push(element);
    }
  }
  return flat;
}

type Bounds = Pick<Of<"slice">, "start" | "stop" | "step">;

function sliceText(text: string, bounds: Bounds): string {
  const { start, stop, step } = bounds;
  if (step === 1 && isFlat(text)) return text.slice(start ?? 0, stop ?? undefined);
  return slice(Array.from(text), bounds).join("");
}

function slice<T>(items: readonly T[], bounds: Bounds): T[] {
  const { step } = bounds;
  if (step === 0) throw new EvaluationError("slice step is zero");
  const first = step > 0 ? 0 : items.length - 1;
  const last = step > 0 ? items.length : -1;
  const start = bounds.start === null ? first : clamp(bounds.start, items.length, step);
  const stop = bounds.stop === null ? last : clamp(bounds.stop, items.length, step);
  if (step === 1) return items.slice(start, stop);
  const sliced: T[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) {
    const item = items[i];
    if (item !== undefined) sliced.push(item);
  }
  return sliced;
}

/** A bound counted from the start: 0 … length going up, -1 … length - 1 going down. */
function clamp(bound: number, length: number, step: number): number {
  const fromStart = bound < 0 ? bound + length : bound;
  return step > 0
    ? Math.min(Math.max(fromStart, 0), length)
    : Math.min(Math.max(fromStart, -1), length - 1);
}
