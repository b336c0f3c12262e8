// Types as people read them, in the notation of the language's documentation.

import { isUnknown } from "./relate.ts";
import type { ObjectType, Type } from "./type.ts";

/** Fields of an unnamed object that are written out; the others are `…`. */
const FIELDS_SHOWN_MAX = 8;
/** Members of a union that are named; the others are counted. */
const MEMBERS_SHOWN_MAX = 3;

/** `string`, `list<int>?`, `app.bsky.feed.post`, `{tag: string, n: int}` … */
export function describeType(type: Type): string {
  if (type.kind === "any" || type.kind === "null") return type.kind;
  const shown = describeShape(type);
  if (!type.nullable) return shown;
  const several = type.kind === "union" || (type.kind === "text" && (type.values?.length ?? 0) > 1);
  return several ? `(${shown})?` : `${shown}?`;
}

/** The type with its fields written out even when it has a name. */
export function describeFields(type: Type): string {
  if (type.kind !== "object") return describeType(type);
  const fields = [...type.fields].map(
    ([name, field]) => `${shownName(name)}: ${describeType(field)}`,
  );
  if (type.rest !== null) fields.push("…");
  return `{${fields.join(", ")}}`;
}

/** `string, from app.bsky.feed.post#text`: what stands beside the carets. */
export function labelOf(type: Type): string {
  const shown = describeType(type);
  return type.origin === undefined ? shown : `${shown}, from ${type.origin}`;
}

/** The type in a sentence: `string`, `list`, `object`; without format, element and fields. */
export function nounOf(type: Type): string {
  switch (type.kind) {
    case "text":
      return "string";
    case "union":
      return "object";
    case "reference":
      return "&expression";
    case "regex":
      return "regular expression";
    case "any":
    case "never":
    case "null":
    case "number":
    case "bool":
    case "instant":
    case "duration":
    case "bytes":
    case "list":
    case "object":
      return type.kind;
  }
}

/** The noun with its article. */
export function aNoun(type: Type): string {
  const noun = nounOf(type);
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

/** The names of objects, not all of many. */
export function describeObjects(members: readonly ObjectType[]): string {
  const more = members.length - MEMBERS_SHOWN_MAX;
  const shown = members.slice(0, MEMBERS_SHOWN_MAX).map(describeObject).join(" | ");
  return more > 0 ? `${shown} | … (${more} more)` : shown;
}

function describeShape(type: Type): string {
  switch (type.kind) {
    case "text":
      return type.values === null
        ? type.format
        : type.values.map((value) => `'${value}'`).join(" | ");
    case "number":
      return type.integer ? "int" : "number";
    case "list":
      return type.element.kind === "never" ? "list<any>" : `list<${describeType(type.element)}>`;
    case "object":
      return describeObject(type);
    case "union":
      return describeObjects(type.members);
    case "never":
      return "nothing";
    case "any":
    case "null":
    case "bool":
    case "instant":
    case "duration":
    case "bytes":
    case "reference":
    case "regex":
      return type.kind;
  }
}

function describeObject(type: ObjectType): string {
  if (type.name !== null) return type.name;
  const fields = [...type.fields];
  if (fields.length === 0) {
    if (type.rest === null) return "{}";
    return isUnknown(type.rest) ? "object" : `object<${describeType(type.rest)}>`;
  }
  const shown = fields
    .slice(0, FIELDS_SHOWN_MAX)
    .map(([name, field]) => `${shownName(name)}: ${describeType(field)}`);
  const more = fields.length > FIELDS_SHOWN_MAX || type.rest !== null ? ["…"] : [];
  return `{${[...shown, ...more].join(", ")}}`;
}

function shownName(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}
