// Types as people read them, in the notation of the language's documentation.

import { isUnknown } from "./relate.ts";
import type { ObjectType, Type } from "./type.ts";

/** Fields of an unnamed object that are written out; the others are `…`. */
const FIELDS_SHOWN_MAX = 8;

/** `string`, `list<int>?`, `app.bsky.feed.post`, `{tag: string, n: int}` … */
export function describeType(type: Type): string {
  if (type.kind === "any" || type.kind === "null") return type.kind;
  const shown = describeShape(type);
  if (!type.nullable) return shown;
  return shown.includes(" | ") ? `(${shown})?` : `${shown}?`;
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
      return type.members.map(describeObject).join(" | ");
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
