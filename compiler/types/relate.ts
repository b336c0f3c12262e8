// How types relate: what fits where, and what is known of a value that is one or the other.

import type { EventSpec } from "./event-spec.ts";
import {
  ANY,
  NULL_TYPE,
  nonNull,
  nullable,
  nullableIf,
  type ObjectType,
  type Type,
} from "./type.ts";

/**
 * Whether every value of `type` is one of `to`. `any` fits everywhere and takes everything; `int` is a
 * `number`, and did, at_uri, nsid, tid and cid are `string`s.
 */
export function isAssignable(type: Type, to: Type): boolean {
  if (type.kind === "any" || to.kind === "any" || type.kind === "never") return true;
  if (type.nullable && !to.nullable) return false;
  return type.kind === "null" || shapeFits(type, to);
}

/** `isAssignable` apart from null. */
export function shapeFits(type: Type, to: Type): boolean {
  if (type.kind === "any" || to.kind === "any" || type.kind === "never") return true;
  switch (type.kind) {
    case "text":
      return to.kind === "text" && (to.format === "string" || to.format === type.format);
    case "number":
      return to.kind === "number" && (type.integer || !to.integer);
    case "list":
      return to.kind === "list" && isAssignable(type.element, to.element);
    case "object":
      if (to.kind === "union") return to.members.some((member) => objectFits(type, member));
      return to.kind === "object" && objectFits(type, to);
    case "union":
      return type.members.every((member) => shapeFits(member, to));
    case "null":
    case "bool":
    case "instant":
    case "duration":
    case "bytes":
    case "reference":
    case "regex":
      return to.kind === type.kind;
  }
}

function objectFits(type: ObjectType, to: ObjectType): boolean {
  if (type.fields === to.fields) return true;
  if (to.name !== null && type.name !== to.name) return false;
  for (const [name, wanted] of to.fields) {
    if (!isAssignable(type.fields.get(name) ?? type.rest ?? NULL_TYPE, wanted)) return false;
  }
  const { rest } = to;
  return rest === null || [...type.fields.values()].every((field) => isAssignable(field, rest));
}

/**
 * Whether a value of one type can ever equal, or be ordered with, a value of the other: formats and
 * nullability do not matter.
 */
export function isComparable(a: Type, b: Type): boolean {
  if (isUnknown(a) || isUnknown(b)) return true;
  return kindGroup(a) === kindGroup(b);
}

/** Nothing can be said about it: any, never, always null. */
export function isUnknown(type: Type): boolean {
  return type.kind === "any" || type.kind === "never" || type.kind === "null";
}

function kindGroup(type: Type): string {
  return type.kind === "union" ? "object" : type.kind;
}

/** Numbers, strings, instants and durations have an order. */
export function isOrdered(type: Type): boolean {
  const ordered = ["number", "text", "instant", "duration"];
  return isUnknown(type) || ordered.includes(type.kind);
}

/** The least type that takes both; `any` where there is none. Origins that differ are lost. */
export function join(a: Type, b: Type): Type {
  if (a.kind === "never") return nullableIf(a.nullable, b);
  if (b.kind === "never") return nullableIf(b.nullable, a);
  if (a.kind === "null") return nullable(b);
  if (b.kind === "null") return nullable(a);
  const either = a.nullable || b.nullable;
  const joined = joinShapes(a, b);
  const origin = a.origin === b.origin ? a.origin : undefined;
  return joined.kind === "any" ? ANY : { ...joined, nullable: either, origin };
}

export function joinAll(types: Iterable<Type>): Type {
  let joined: Type = { kind: "never", nullable: false };
  for (const type of types) joined = join(joined, type);
  return joined;
}

function joinShapes(a: Type, b: Type): Type {
  if (a.kind === "text" && b.kind === "text") {
    const format = a.format === b.format ? a.format : "string";
    const both = a.values !== null && b.values !== null ? [...a.values, ...b.values] : null;
    return { ...a, format, values: both === null ? null : [...new Set(both)] };
  }
  if (a.kind === "number" && b.kind === "number") {
    return { ...a, integer: a.integer && b.integer };
  }
  if (a.kind === "list" && b.kind === "list") return { ...a, element: join(a.element, b.element) };
  if (isObjects(a) && isObjects(b)) return joinObjects(membersOf(a), membersOf(b));
  return a.kind === b.kind ? a : ANY;
}

export function isObjects(type: Type): type is Type & { kind: "object" | "union" } {
  return type.kind === "object" || type.kind === "union";
}

/** The objects a type consists of. */
export function membersOf(type: Type): readonly ObjectType[] {
  if (type.kind === "union") return type.members;
  return type.kind === "object" ? [type] : [];
}

/** Objects of lexicons stay apart, to be told by their `$type`; others become one with the fields of both. */
function joinObjects(a: readonly ObjectType[], b: readonly ObjectType[]): Type {
  const named = [...a, ...b].every((one) => one.fields.has("$type"));
  if (named) return unionOf([...a, ...b]);
  return [...a, ...b].reduce((left, right) => mergeObjects(left, right));
}

/** A union of `members`, those of one name merged; the only member itself when there is one. */
export function unionOf(members: readonly ObjectType[]): Type {
  const byName = new Map<string, ObjectType>();
  for (const member of members) {
    const name = member.name ?? "";
    const known = byName.get(name);
    byName.set(
      name,
      known === undefined || known === member ? member : mergeObjects(known, member),
    );
  }
  const [first, ...others] = byName.values();
  if (first === undefined) return { kind: "never", nullable: false };
  return others.length === 0
    ? first
    : { kind: "union", members: [first, ...others], nullable: false };
}

function mergeObjects(a: ObjectType, b: ObjectType): ObjectType {
  if (a === b) return a;
  const names = new Set([...a.fields.keys(), ...b.fields.keys()]);
  const fields = [...names].map((name) => {
    const [left, right] = [a, b].map((one) => one.fields.get(name) ?? one.rest ?? NULL_TYPE);
    return [name, join(left ?? ANY, right ?? ANY)] as const;
  });
  const rest = a.rest === null ? b.rest : b.rest === null ? a.rest : join(a.rest, b.rest);
  const event = a.event !== null && b.event !== null ? joinEvents(a.event, b.event) : null;
  const name = a.name === b.name ? a.name : null;
  return { kind: "object", name, fields: new Map(fields), rest, event, nullable: false };
}

function joinEvents(a: EventSpec, b: EventSpec): EventSpec {
  const all = a.collections.length === 0 || b.collections.length === 0;
  return {
    kinds: [...new Set([...a.kinds, ...b.kinds])],
    ops: [...new Set([...a.ops, ...b.ops])],
    collections: all ? [] : [...new Set([...a.collections, ...b.collections])],
  };
}

/** Whether the types are the same, origins apart. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  return a.nullable === b.nullable && isAssignable(a, b) && isAssignable(b, a) && sameValues(a, b);
}

function sameValues(a: Type, b: Type): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind !== "text" || b.kind !== "text") return true;
  return String(a.values) === String(b.values);
}

/** What is left of `type` where JMESPath takes it for false: null, false, '', [] or {}. */
export function falsePart(type: Type): Type {
  switch (type.kind) {
    case "number":
    case "instant":
    case "duration":
    case "never":
    case "reference":
    case "regex":
    case "null":
      return type.nullable ? NULL_TYPE : { kind: "never", nullable: false };
    case "any":
    case "bool":
    case "bytes":
    case "text":
    case "list":
    case "object":
    case "union":
      return type;
  }
}

/** What is left of `type` where JMESPath takes it for true. */
export function truePart(type: Type): Type {
  return nonNull(type);
}
