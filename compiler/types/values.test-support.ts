// Values of a type, made and recognised: what ties the types to what the runtime computes.

import fc, { type Arbitrary } from "fast-check";
import {
  CidLink,
  Duration,
  Instant,
  isRecord,
  type RecordValue,
  textOf,
  type Value,
} from "../../runtime/eval/values.ts";
import { membersOf } from "./relate.ts";
import type { ObjectType, TextFormat, Type } from "./type.ts";

const CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
const TEXTS: Readonly<Record<TextFormat, readonly string[]>> = {
  string: ["", "a", "en", "de-AT", "3k2yihcrp6f2c", "Grüße, 世界 🦋", "5", "https://example.com/x"],
  did: ["did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:web:example.com"],
  at_uri: ["at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3k2yihcrp6f2c", "at://x"],
  nsid: ["app.bsky.feed.post", "com.example.thing"],
  tid: ["3k2yihcrp6f2c"],
  cid: [CID],
};

/** Values of `type`; what may be absent sometimes is. */
export function valuesOf(type: Type): Arbitrary<Value> {
  const value = shapeOf(type);
  return type.nullable && type.kind !== "null" ? fc.option(value, { nil: null }) : value;
}

function shapeOf(type: Type): Arbitrary<Value> {
  switch (type.kind) {
    case "any":
      return fc.constantFrom<Value>(null, true, 1, "a", [], ["a"], {}, { text: "a" });
    case "never":
    case "null":
    case "reference":
    case "regex":
      return fc.constant(null);
    case "text":
      if (type.values !== null) return fc.constantFrom(...type.values);
      if (type.format === "cid") return fc.constantFrom<Value>(CID, new CidLink(CID));
      return fc.constantFrom(...TEXTS[type.format]);
    case "number":
      return type.integer ? fc.integer({ min: -5, max: 1000 }) : fc.constantFrom(0.5, -2.5, 3);
    case "bool":
      return fc.boolean();
    case "instant":
      return fc.integer({ min: 0, max: 2e12 }).map((ms) => new Instant(ms));
    case "duration":
      return fc.integer({ min: 0, max: 1e9 }).map((ms) => new Duration(ms));
    case "bytes":
      return fc.constant(new Uint8Array([1, 2]));
    case "list":
      return fc.array(valuesOf(type.element), { maxLength: 3 });
    case "object":
      return recordOf(type);
    case "union":
      return fc.oneof(...type.members.map(recordOf));
  }
}

function recordOf(type: ObjectType): Arbitrary<Value> {
  const fields = Object.fromEntries(
    [...type.fields].map(([name, field]) => [name, valuesOf(field)]),
  );
  return fc.record(fields).map((record) => {
    const present = Object.entries(record).filter(([, value]) => value !== null);
    return Object.fromEntries(present) as RecordValue; // values of fields, nulls left out
  });
}

/** Whether `value` is one of `type`. */
export function conforms(value: Value, type: Type): boolean {
  if (type.kind === "any") return true;
  if (value === null) return type.nullable;
  switch (type.kind) {
    case "never":
    case "null":
    case "reference":
    case "regex":
      return false;
    case "text": {
      const text = textOf(value);
      return text !== null && (type.values === null || type.values.includes(text));
    }
    case "number":
      return typeof value === "number" && (!type.integer || Number.isInteger(value));
    case "bool":
      return typeof value === "boolean";
    case "instant":
      return value instanceof Instant;
    case "duration":
      return value instanceof Duration;
    case "bytes":
      return value instanceof Uint8Array;
    case "list":
      return Array.isArray(value) && value.every((element) => conforms(element, type.element));
    case "object":
    case "union":
      return isRecord(value) && membersOf(type).some((member) => fits(value, member));
  }
}

function fits(value: RecordValue, type: ObjectType): boolean {
  const known = [...type.fields].every(([name, field]) => conforms(value[name] ?? null, field));
  const { rest } = type;
  const others = Object.entries(value).filter(([name]) => !type.fields.has(name));
  return known && others.every(([, other]) => rest !== null && conforms(other, rest));
}
