// The type of events: which fields they have follows from which events they can be.

import type { EVENT_FIELDS, EventKind, EventOp } from "../../plan/event.ts";
import { covers } from "../../plan/names.ts";
import type { EventSpec } from "./event-spec.ts";
import { KNOWN_COLLECTIONS, recordType } from "./lexicons.ts";
import { joinAll, sameType } from "./relate.ts";
import {
  ANY,
  AT_URI,
  BOOL,
  CID,
  DID,
  from,
  INSTANT,
  INT,
  NSID,
  NULL_TYPE,
  nonNull,
  nullable,
  nullableIf,
  type ObjectType,
  object,
  STRING,
  TID,
  type Type,
  text,
} from "./type.ts";

/** The type of an event that can be any of `spec`. */
export function eventType(spec: EventSpec): ObjectType {
  const fields = Object.entries(fieldTypes(spec)).map(
    ([name, type]) =>
      [name, type.origin === undefined ? from(`event#${name}`, type) : type] as const,
  );
  return object(fields, { name: "event", event: spec });
}

/** Whether the records of some collection of `spec` have no known type. */
export function unknownCollections(spec: EventSpec): readonly string[] {
  if (!spec.kinds.includes("commit")) return [];
  if (spec.collections.length === 0) return ["*"];
  return spec.collections.filter((one) => !KNOWN_COLLECTIONS.has(one));
}

function fieldTypes(spec: EventSpec): Readonly<Record<(typeof EVENT_FIELDS)[number], Type>> {
  const { kinds, ops } = spec;
  const commits = kinds.includes("commit");
  const others = kinds.some((kind) => kind !== "commit");
  const ofCommit = (type: Type) => (commits ? nullableIf(others, type) : NULL_TYPE);
  const ofRecord = (type: Type) =>
    commits && ops.some((op) => op !== "delete")
      ? nullableIf(others || ops.includes("delete"), type)
      : NULL_TYPE;
  return {
    did: DID,
    time: INSTANT,
    seq: INT,
    kind: text("string", kinds),
    op: ofCommit(text("string", ops)),
    collection: ofCommit(collectionType(spec)),
    rkey: ofCommit(STRING),
    rev: ofKinds(kinds, ["commit", "sync"], TID),
    cid: ofRecord(CID),
    uri: ofCommit(AT_URI),
    record: ofRecord(recordsType(spec)),
    handle: kinds.includes("identity") ? nullable(STRING) : NULL_TYPE,
    active: ofKinds(kinds, ["account"], BOOL),
    status: kinds.includes("account") ? nullable(STRING) : NULL_TYPE,
    oversize: commits ? nullable(BOOL) : NULL_TYPE,
    host_time: nullable(INSTANT),
  };
}

function ofKinds(kinds: readonly EventKind[], having: readonly EventKind[], type: Type): Type {
  if (!kinds.some((kind) => having.includes(kind))) return NULL_TYPE;
  return nullableIf(!kinds.every((kind) => having.includes(kind)), type);
}

function collectionType({ collections }: EventSpec): Type {
  const exact = collections.length > 0 && !collections.some((one) => one.endsWith("*"));
  return exact ? text("nsid", collections) : NSID;
}

function recordsType(spec: EventSpec): Type {
  if (spec.collections.length === 0) return ANY;
  return joinAll(
    spec.collections.map((one) => {
      const type = recordType(one);
      return type === null ? ANY : from(one, type);
    }),
  );
}

/**
 * The event when its field `name` was found to be of type `found`: all that follows from it for the
 * other fields. What was known of them apart from the event stays known.
 */
export function narrowEvent(type: ObjectType, name: string, found: Type): ObjectType {
  const { event } = type;
  if (event === null) return type;
  const spec = narrowSpec(event, name, found);
  if (spec === null) return type;
  const [before, after] = [eventType(event).fields, eventType(spec).fields];
  const fields = [...type.fields].map(([field, now]) => {
    const [old, next] = [before.get(field), after.get(field)];
    if (old === undefined || next === undefined) return [field, now] as const;
    return [
      field,
      sameType(now, old) ? next : nullableIf(now.nullable && next.nullable, nonNull(now)),
    ] as const;
  });
  return { ...type, fields: new Map(fields), event: spec };
}

/** Null when nothing follows, or when no event is left. */
function narrowSpec(spec: EventSpec, name: string, found: Type): EventSpec | null {
  const kinds = new Set<EventKind>(kindsWith(name, found, spec.kinds));
  const next = {
    kinds: spec.kinds.filter((kind) => kinds.has(kind)),
    ops: opsWith(name, found, spec.ops),
    collections: name === "collection" ? collectionsWith(found, spec) : spec.collections,
  };
  if (next.kinds.length === 0 || next.ops.length === 0) return null;
  return next;
}

const OF_COMMITS = new Set(["op", "collection", "rkey", "uri", "record", "cid", "oversize"]);

function kindsWith(name: string, found: Type, kinds: readonly EventKind[]): readonly EventKind[] {
  const values = valuesOf(found);
  if (name === "kind" && values !== null) return kinds.filter((kind) => values.includes(kind));
  if (found.kind === "null") {
    // Without an operation it is no commit; without a record it may be a delete.
    return name === "op" || name === "collection"
      ? kinds.filter((kind) => kind !== "commit")
      : kinds;
  }
  if (found.nullable) return kinds;
  if (OF_COMMITS.has(name)) return kinds.filter((kind) => kind === "commit");
  if (name === "handle") return kinds.filter((kind) => kind === "identity");
  return name === "active" || name === "status"
    ? kinds.filter((kind) => kind === "account")
    : kinds;
}

function opsWith(name: string, found: Type, ops: readonly EventOp[]): readonly EventOp[] {
  if (name === "op") {
    const values = valuesOf(found);
    return values === null ? ops : ops.filter((op) => values.includes(op));
  }
  const hasRecord = (name === "record" || name === "cid") && !found.nullable;
  return hasRecord ? ops.filter((op) => op !== "delete") : ops;
}

function collectionsWith(found: Type, spec: EventSpec): readonly string[] {
  const values = valuesOf(found);
  if (values === null) return spec.collections;
  const allowed = (name: string) =>
    spec.collections.length === 0 || spec.collections.some((pattern) => covers(pattern, name));
  const left = values.filter(allowed);
  return left.length === 0 ? spec.collections : left;
}

function valuesOf(type: Type): readonly string[] | null {
  return type.kind === "text" ? type.values : null;
}
