// What a builtin function is to the compiler of calls, and the argument checks they share.

import { EvaluationError } from "../eval-error.ts";
import type { RecordPart } from "../evaluate.ts";
import { isRecord, type RecordValue, textOf, typeName, type Value } from "../values.ts";

/** From the values of the arguments to the value of the call. */
type Plain = {
  readonly kind: "plain";
  readonly call: (...args: Value[]) => Value;
  /** What it looks at of an object; all of it when this is not said. */
  readonly reads?: RecordPart;
};

/** Applies a `&expr` to elements of its other argument; `referenceAt` is the place of the `&expr`. */
type By = {
  readonly kind: "by";
  readonly referenceAt: 0 | 1;
  readonly call: (subject: Value, by: (element: Value) => Value) => Value;
};

/** A function throws an EvaluationError where an argument is not of its type or a limit is passed. */
export type Builtin = Plain | By;

/** A function of values. Arguments that were not written are undefined. */
export function plain(call: (...args: Value[]) => Value): Builtin {
  return { kind: "plain", call };
}

/** A function of a record that looks only at these fields of it. */
export function reading(fields: readonly string[], call: (record: Value) => Value): Builtin {
  const reads = { fields, shallow: false };
  return { kind: "plain", call: (record) => call(record ?? null), reads };
}

/** A function of a record that only asks what kind of value is in a field of it. */
export function probing(field: string, call: (record: Value) => Value): Builtin {
  const reads = { fields: [field], shallow: true };
  return { kind: "plain", call: (record) => call(record ?? null), reads };
}

/** A function of a list and a `&expr`, in this order or the other. */
export function by(referenceAt: 0 | 1, call: By["call"]): Builtin {
  return { kind: "by", referenceAt, call };
}

/** @throws EvaluationError always: argument `value` of `fn` is not of the type it needs. */
export function refuse(fn: string, needed: string, value: Value | undefined): never {
  const found = value === undefined ? "nothing" : typeName(value);
  throw new EvaluationError(`invalid type for ${fn}()`, `needs ${needed}, got ${found}`);
}

/** The value as text, CID links included. */
export function textArgument(fn: string, value: Value): string {
  return textOf(value) ?? refuse(fn, "a string", value);
}

export function numberArgument(fn: string, value: Value): number {
  return typeof value === "number" ? value : refuse(fn, "a number", value);
}

export function listArgument(fn: string, value: Value): Value[] {
  return Array.isArray(value) ? value : refuse(fn, "a list", value);
}

export function recordArgument(fn: string, value: Value): RecordValue {
  return isRecord(value) ? value : refuse(fn, "an object", value);
}

/** A list of numbers. */
export function numbersArgument(fn: string, value: Value): number[] {
  return listArgument(fn, value).map((element) =>
    typeof element === "number" ? element : refuse(fn, "a list of numbers", element),
  );
}

/** An integer, as JEP-14 asks of its numbers. */
export function integerArgument(fn: string, value: Value): number {
  const number = numberArgument(fn, value);
  if (!Number.isInteger(number)) {
    throw new EvaluationError(`invalid value for ${fn}()`, `${number} is not an integer`);
  }
  return number;
}

/** A non-negative integer. */
export function countArgument(fn: string, value: Value): number {
  const count = integerArgument(fn, value);
  if (count < 0) throw new EvaluationError(`invalid value for ${fn}()`, `${count} is negative`);
  return count;
}
