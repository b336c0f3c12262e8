// Type rules that several functions share.

import { join, joinAll, membersOf } from "../types/relate.ts";
import {
  ANY,
  BOOL,
  DURATION,
  INSTANT,
  INT,
  list,
  NUMBER,
  nullable,
  nullableIf,
  OBJECT,
  STRING,
  type Type,
} from "../types/type.ts";
import { type Param, param, reference, type Signature } from "./builtin.ts";

export const TEXT = param("text", STRING);
export const NUMBERS = param("list", list(NUMBER));
export const ANY_LIST = list(ANY);
export const ANYTHING = param("value", ANY);
export const STRING_OR_NULL = nullable(STRING);
export const RECORD = param("record", nullable(OBJECT));
export const URI = param("uri", STRING_OR_NULL);
/** Lists that can be sorted. */
export const ORDERED_LISTS: readonly Type[] = [
  list(NUMBER),
  list(STRING),
  list(INSTANT),
  list(DURATION),
];
/** What orders elements in `sort_by` and the like. */
const ORDERED: readonly Type[] = [NUMBER, STRING, INSTANT, DURATION];

/** A function that always gives `type`. */
export function gives(type: Type, returns: string, ...params: readonly Param[]): Signature {
  return { params, result: () => type, returns };
}

/** A list, and a `&expr` that orders its elements. */
export function by(result: Signature["result"], returns: string): Signature {
  return { params: [param("list", ANY_LIST), reference("by", 0, ...ORDERED)], result, returns };
}

/** Text in, `bool` out. */
export function textTest(...params: readonly Param[]): Signature {
  return gives(BOOL, "bool", ...params);
}

/** The type of the first argument, where that is a list; a list of anything otherwise. */
export function sameList(args: readonly Type[]): Type {
  const [first] = args;
  return first?.kind === "list" ? { ...first, nullable: false } : list(ANY);
}

/** The element type of an argument: `any` where it is no known list. */
export function elementOf(type: Type | undefined): Type {
  return type?.kind === "list" ? type.element : ANY;
}

/** An element, or null of an empty list. */
export function anElement(args: readonly Type[]): Type {
  return nullable(elementOf(args[0]));
}

/** The types of the values of an object. */
export function valuesOf(type: Type | undefined): Type {
  if (type === undefined || (type.kind !== "object" && type.kind !== "union")) return ANY;
  const values = membersOf(type).flatMap((one) => [
    ...one.fields.values(),
    ...(one.rest === null ? [] : [one.rest]),
  ]);
  return joinAll(values);
}

/** The first argument that is not null. */
export function firstNotNull(args: readonly Type[]): Type {
  const joined = joinAll(args.map((arg) => ({ ...arg, nullable: false })));
  return joined.kind === "any"
    ? ANY
    : nullableIf(
        args.every((arg) => arg.nullable),
        joined,
      );
}

/** What lists of these elements zip to: lists of one element of each. */
export function zipped(args: readonly Type[]): Type {
  return list(list(args.map(elementOf).reduce(join, { kind: "never", nullable: false })));
}

/** `int` of an `int`, `number` of a `number`. */
export function sameNumber(args: readonly Type[]): Type {
  const [first] = args;
  return first?.kind === "number" ? { ...first, nullable: false } : NUMBER;
}

/** The sum of a list: `int` where all elements are. */
export function sumOf(args: readonly Type[]): Type {
  const element = elementOf(args[0]);
  return element.kind === "number" && element.integer ? INT : NUMBER;
}
