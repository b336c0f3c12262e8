// Record types from the generated shapes of the published lexicons.

import { LEXICON_OBJECTS, LEXICON_RECORDS } from "./lexicons.generated.ts";
import { unionOf } from "./relate.ts";
import {
  ANY,
  AT_URI,
  BOOL,
  BYTES,
  CID,
  DID,
  from,
  INT,
  list,
  NSID,
  nonNull,
  nullable,
  type ObjectType,
  object,
  STRING,
  TID,
  type Type,
  text,
} from "./type.ts";

/** Collections whose records have a known type. */
export const KNOWN_COLLECTIONS: ReadonlySet<string> = new Set(LEXICON_RECORDS);

const objects = new Map<string, ObjectType>();

/** The type of the records of `collection`; null when no lexicon of it is known here. */
export function recordType(collection: string): ObjectType | null {
  return KNOWN_COLLECTIONS.has(collection) ? tagged(objectType(collection)) : null;
}

const SIMPLE: Readonly<Record<string, Type>> = {
  any: ANY,
  string: STRING,
  int: INT,
  bool: BOOL,
  bytes: BYTES,
  did: DID,
  at_uri: AT_URI,
  nsid: NSID,
  tid: TID,
  cid: CID,
  // atproto.com/specs/data-model#blob-type
  blob: object(
    [
      ["$type", text("string", ["blob"])],
      ["ref", CID],
      ["mimeType", STRING],
      ["size", INT],
    ],
    { name: "blob", rest: ANY },
  ),
};

/** The object of a lexicon by its id: `app.bsky.feed.post#replyRef`. Records may have more fields. */
function objectType(id: string): ObjectType {
  const known = objects.get(id);
  if (known !== undefined) return known;
  const fields = Object.entries(LEXICON_OBJECTS[id] ?? {}).map(([name, notation]) => {
    const origin = id.includes("#") ? `${id}.${name}` : `${id}#${name}`;
    return [name, from(origin, readType(notation))] as const;
  });
  const type = nullable(from(`${id}#$type`, text("string", [id])));
  const made = object([["$type", type], ...fields], { name: id, rest: ANY });
  objects.set(id, made);
  return made;
}

/** `list<a | b>?` and the like, as the generator writes them. */
function readType(notation: string): Type {
  if (notation.endsWith("?")) return nullable(readType(notation.slice(0, -1)));
  if (notation.startsWith("list<") && notation.endsWith(">")) {
    return list(readType(notation.slice("list<".length, -1)));
  }
  const simple = SIMPLE[notation];
  if (simple !== undefined) return simple;
  const ids = notation.split(" | ");
  if (ids.length === 1) return objectType(notation);
  return unionOf(ids.map((id) => tagged(objectType(id))));
}

/** Records and members of unions always say their `$type`. */
function tagged(type: ObjectType): ObjectType {
  const tag = type.fields.get("$type");
  return tag === undefined
    ? type
    : { ...type, fields: new Map([...type.fields, ["$type", nonNull(tag)]]) };
}
