// The values of the language at run time, and what every part of the runtime agrees on about them:
// truth, equality, order, type names and identity.

import { burn } from "./fuel.ts";
import { compareText } from "./text.ts";

/** A point in time: whole milliseconds since the Unix epoch. */
export class Instant {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A length of time in whole milliseconds; may be negative. */
export class Duration {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A CID link of a record. Behaves as the string `cid` everywhere; only its wire form differs. */
export class CidLink {
  /** Multibase base32 (`b…`), as atproto writes it. */
  readonly cid: string;
  constructor(cid: string) {
    this.cid = cid;
  }
}

/** An object of the language. Fields are own properties; `__proto__` is a name like any other. */
export type RecordValue = { [name: string]: Value };

/** Numbers are finite: nothing makes NaN or an infinity. Values are never changed once made. */
export type Value =
  | null
  | boolean
  | number
  | string
  | CidLink
  | Instant
  | Duration
  | Uint8Array
  | Value[]
  | RecordValue;

/** What `type()` answers: JMESPath's own names, and ours. */
export type TypeName =
  | "null"
  | "boolean"
  | "number"
  | "string"
  | "instant"
  | "duration"
  | "bytes"
  | "array"
  | "object";

/** Whether the value is an object of the language: has fields. */
export function isRecord(value: Value | undefined): value is RecordValue {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Instant) &&
    !(value instanceof CidLink) &&
    !(value instanceof Duration) &&
    !(value instanceof Uint8Array)
  );
}

/** The text of a string or a CID link, null for anything else. */
export function textOf(value: Value): string | null {
  if (typeof value === "string") return value;
  return value instanceof CidLink ? value.cid : null;
}

/** Sets an own field, `__proto__` included: assignment would change the prototype instead. */
export function setField<V>(record: { [name: string]: V }, name: string, value: V): void {
  if (name === "__proto__") {
    const visible = { enumerable: true, configurable: true, writable: true };
    Object.defineProperty(record, name, { value, ...visible });
  } else {
    record[name] = value;
  }
}

/** JMESPath truth: null, false, '', [], {} (and empty bytes) are false, all else is true. */
export function isTruthy(value: Value): boolean {
  if (value === true) return true;
  if (value === null || value === false || value === "") return false;
  if (typeof value !== "object" || value instanceof CidLink) return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (value instanceof Instant || value instanceof Duration) return true;
  return Object.keys(value).length > 0;
}

/** What `type()` answers; a CID link is a string. */
export function typeName(value: Value): TypeName {
  if (value === null) return "null";
  const type = typeof value;
  if (type === "string" || type === "number" || type === "boolean") return type;
  return objectTypeName(value);
}

function objectTypeName(value: Value): TypeName {
  if (Array.isArray(value)) return "array";
  if (value instanceof CidLink) return "string";
  if (value instanceof Instant) return "instant";
  if (value instanceof Duration) return "duration";
  return value instanceof Uint8Array ? "bytes" : "object";
}

const TYPE_RANK: Record<TypeName, number> = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  instant: 4,
  duration: 5,
  bytes: 6,
  array: 7,
  object: 8,
};

/**
 * A total order, for sorting, ties, min and max: by type (null, boolean, number, string, instant,
 * duration, bytes, array, object), then by value. Strings by code point, lists element by element,
 * objects by their sorted names, then by their values in that order. Zero exactly when equal.
 */
export function compareValues(a: Value, b: Value): number {
  const type = typeName(a);
  const byType = TYPE_RANK[type] - TYPE_RANK[typeName(b)];
  return byType === 0 ? compareSameType(type, a, b) : byType;
}

/**
 * Order as `<` sees it: negative, zero or positive for two numbers, two strings (by code point), two
 * instants or two durations; null for anything else, which has no order.
 */
export function orderOrNull(a: Value, b: Value): number | null {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const type = typeName(a);
  if (type !== typeName(b)) return null;
  const ordered = type === "string" || type === "instant" || type === "duration";
  return ordered ? compareSameType(type, a, b) : null;
}

/** Deep equality. A CID link equals its string; objects are equal whatever the order of their fields. */
export function deepEqual(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (typeof a !== "object" && typeof b !== "object") return false;
  return compareValues(a, b) === 0;
}

function compareSameType(type: TypeName, a: Value, b: Value): number {
  switch (type) {
    case "null":
      return 0;
    case "boolean":
    case "number":
      return Number(a) - Number(b);
    case "string":
      return compareText(textOf(a) ?? "", textOf(b) ?? "");
    case "instant":
    case "duration":
      return msOf(a) - msOf(b);
    case "bytes":
      return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) : 0;
    case "array":
      return Array.isArray(a) && Array.isArray(b) ? compareLists(a, b) : 0;
    case "object":
      return isRecord(a) && isRecord(b) ? compareRecords(a, b) : 0;
  }
}

function msOf(value: Value): number {
  return value instanceof Instant || value instanceof Duration ? value.ms : 0;
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  burn(shared);
  for (let i = 0; i < shared; i += 1) {
    const order = compareValues(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareRecords(a: RecordValue, b: RecordValue): number {
  if (a === b) return 0;
  const names = sortedNames(a);
  burn(names.length);
  const byNames = compareLists(names, sortedNames(b));
  if (byNames !== 0) return byNames;
  for (const name of names) {
    const order = compareValues(a[name] ?? null, b[name] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function sortedNames(record: RecordValue): string[] {
  return Object.keys(record).sort(compareText);
}

/** What the canonical key of one text begins with; the text follows. */
export const TEXT_KEY = "s".charCodeAt(0);

/**
 * The canonical text of a list of values: the identity of a group, and what decides its partition. One
 * text per list, different texts for different lists, the same text for equal values.
 *
 * *Invariant*: it never changes. It is hashed into partitions and stored in state keys, so another text
 * for the same values would move a group to another partition and lose its state on upgrade.
 *
 * One string (or CID link) alone is `s` and the string itself. Anything else is `[…]` of: `n` null, `t`,
 * `f`, numbers as ECMAScript writes them (-0 as 0), strings and links as JSON strings, `i` and `d` with
 * milliseconds for instants and durations, `b` with hexadecimal for bytes, and lists and objects as JSON
 * writes them around such items, the fields sorted by code point.
 */
export function canonicalKey(values: readonly Value[]): string {
  if (values.length === 1) {
    const only = values[0];
    if (typeof only === "string") return `s${only}`;
    if (only instanceof CidLink) return `s${only.cid}`;
  }
  return listKey(values);
}

function listKey(values: readonly Value[]): string {
  burn(values.length);
  return `[${values.map(itemKey).join(",")}]`;
}

function itemKey(value: Value): string {
  if (value === null) return "n";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "t" : "f";
  return objectKey(value);
}

function objectKey(value: Exclude<Value, null | boolean | number | string>): string {
  if (Array.isArray(value)) return listKey(value);
  if (value instanceof CidLink) return JSON.stringify(value.cid);
  if (value instanceof Instant) return `i${value.ms}`;
  if (value instanceof Duration) return `d${value.ms}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString("hex")}`;
  return recordKey(value);
}

function recordKey(record: RecordValue): string {
  const names = sortedNames(record);
  burn(names.length);
  const fields = names.map((name) => `${JSON.stringify(name)}:${itemKey(record[name] ?? null)}`);
  return `{${fields.join(",")}}`;
}
