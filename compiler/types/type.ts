// What is known of a value before any record is seen: the types of the language, as plain data.

import type { EventSpec } from "./event-spec.ts";

/** Strings by what they must look like; each is assignable to `string`. */
export type TextFormat = "string" | "did" | "at_uri" | "nsid" | "tid" | "cid";

/**
 * A type. `nullable`: null may stand in its place (`T?`). `origin`: where the value comes from, as
 * `app.bsky.feed.post#text`, for messages; it takes no part in any rule.
 */
export type Type = TypeShape & Marks;

export type Marks = { readonly nullable: boolean; readonly origin?: string | undefined };

export type TypeShape =
  /** Nothing is known: compatible with everything, and silent about everything. */
  | { readonly kind: "any" }
  /** No value at all: the element of `[]`, and what no record can reach. */
  | { readonly kind: "never" }
  /** Always null. */
  | { readonly kind: "null" }
  /** `values`: the only ones it can have; null when any. */
  | {
      readonly kind: "text";
      readonly format: TextFormat;
      readonly values: readonly string[] | null;
    }
  | { readonly kind: "number"; readonly integer: boolean }
  | { readonly kind: "bool" | "instant" | "duration" | "bytes" }
  /** A `&expr` or `r'…'`: no value, only an argument. */
  | { readonly kind: "reference" | "regex" }
  | { readonly kind: "list"; readonly element: Type }
  | ObjectShape
  /** Objects told apart by their `$type`. Others than the members may come too. */
  | { readonly kind: "union"; readonly members: readonly ObjectType[] };

export type ObjectShape = {
  readonly kind: "object";
  /** The name of its lexicon, or `event`; null when it was made by an expression. */
  readonly name: string | null;
  readonly fields: ReadonlyMap<string, Type>;
  /** What the fields that are not listed hold; null: there are no others. */
  readonly rest: Type | null;
  /** Of an event: what it was narrowed to, from which the types of its fields follow. */
  readonly event: EventSpec | null;
};

export type ObjectType = ObjectShape & Marks;

export const ANY: Type = { kind: "any", nullable: true };
export const NEVER: Type = { kind: "never", nullable: false };
export const NULL_TYPE: Type = { kind: "null", nullable: true };
export const STRING = text("string");
export const DID = text("did");
export const AT_URI = text("at_uri");
export const NSID = text("nsid");
export const TID = text("tid");
export const CID = text("cid");
export const INT: Type = { kind: "number", integer: true, nullable: false };
export const NUMBER: Type = { kind: "number", integer: false, nullable: false };
export const BOOL: Type = { kind: "bool", nullable: false };
export const INSTANT: Type = { kind: "instant", nullable: false };
export const DURATION: Type = { kind: "duration", nullable: false };
export const BYTES: Type = { kind: "bytes", nullable: false };
export const REGEX: Type = { kind: "regex", nullable: false };
/** Any object: nothing is known of its fields. */
export const OBJECT: ObjectType = object([], { rest: ANY });

/** What a windowed `reduce` adds. Its `duration` is computed where it is asked for. */
export const WINDOW: ObjectType = object([
  ["start", INSTANT],
  ["end", INSTANT],
]);

export function isWindow({ fields }: ObjectType): boolean {
  return fields === WINDOW.fields;
}

export function text(format: TextFormat, values: readonly string[] | null = null): Type {
  return { kind: "text", format, values, nullable: false };
}

export function list(element: Type): Type {
  return { kind: "list", element, nullable: false };
}

/** An object with these fields and, unless `rest` is given, no others. */
export function object(
  fields: Iterable<readonly [string, Type]>,
  more: { readonly name?: string; readonly rest?: Type; readonly event?: EventSpec } = {},
): ObjectType {
  return {
    kind: "object",
    name: more.name ?? null,
    fields: new Map(fields),
    rest: more.rest ?? null,
    event: more.event ?? null,
    nullable: false,
  };
}

/** `T?` */
export function nullable(type: Type): Type {
  if (type.nullable) return type;
  return type.kind === "never" ? NULL_TYPE : { ...type, nullable: true };
}

/** `type` where it is not null. */
export function nonNull(type: Type): Type {
  if (!type.nullable || type.kind === "any") return type;
  return type.kind === "null" ? NEVER : { ...type, nullable: false };
}

/** `type`, nullable when `when`. */
export function nullableIf(when: boolean, type: Type): Type {
  return when ? nullable(type) : type;
}

/** `type` as coming from `origin`. */
export function from(origin: string, type: Type): Type {
  return { ...type, origin };
}
