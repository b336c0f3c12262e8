// The forms that Jetstream events have had. All are read as one, that of v1 (github.com/bluesky-social/jetstream):
//
//   {"did": …, "time_us": …, "kind": "commit", "commit": {"operation": "create", …}}
//
// v2 (lexicon network.bsky.jetstream.subscribeEvents) puts the event into an envelope, and the commit's fields beside the
// DID. The first v1 named kinds and operations by a letter or three, under `type`.

import { Malformed } from "../decode/rejection.ts";
import { parseDatetimeAt } from "../decode/time.ts";

type Fields = { readonly [name: string]: unknown };

/** What a line says: an event, in the form of v1; or a word about the stream. */
export type JetstreamForm =
  /** `seq` is v2's own number; v1 has none. */
  | { readonly kind: "event"; readonly event: unknown; readonly seq: number | null }
  | { readonly kind: "info" | "error"; readonly name: string; readonly message: string };

const V2 = "network.bsky.jetstream.subscribeEvents#";
const KIND_OF: ReadonlyMap<unknown, string> = new Map([
  ["com", "commit"],
  ["id", "identity"],
  ["acc", "account"],
]);
const OPERATION_OF: ReadonlyMap<unknown, string> = new Map([
  ["c", "create"],
  ["u", "update"],
  ["d", "delete"],
]);

/** @param json a line's. @param where names the line, for the detail of a refusal. @throws Malformed */
export function jetstreamForm(json: unknown, where: string): JetstreamForm {
  if (!isObject(json)) return { kind: "event", event: json, seq: null };
  if (json.$type === "error") return { kind: "error", ...wordOf(json, "error") };
  const payload = json.$type === "message" && isObject(json.payload) ? json.payload : json;
  const { $type } = payload;
  if (typeof $type !== "string" || !$type.startsWith(V2)) {
    return { kind: "event", event: v1Event(json), seq: null };
  }
  const kind = $type.slice(V2.length);
  if (kind === "info") return { kind: "info", ...wordOf(payload, "name") };
  return v2Event(payload, kind, where);
}

function v2Event(payload: Fields, kind: string, where: string): JetstreamForm {
  const { did, seq, time } = payload;
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0) {
    throw new Malformed("bad_seq", where);
  }
  const bytes = Buffer.from(typeof time === "string" ? time : "");
  const timeMs = parseDatetimeAt(bytes, 0, bytes.length);
  if (timeMs === null) throw new Malformed("bad_time", where);
  // Of the others the event of the relay stands in a field of their name, as in v1.
  const body = kind === "commit" ? payload : payload[kind];
  const event = v1Event({ did, time_us: timeMs * 1000, kind, [kind]: body });
  return { kind: "event", event, seq };
}

/** The event in the latest form of v1. */
function v1Event(event: Fields): Fields {
  const kind = event.kind ?? KIND_OF.get(event.type);
  if (kind === "commit") return { ...event, kind, commit: commitOf(event.commit) };
  if (kind === "identity") return { ...event, kind, identity: identityOf(event.identity) };
  return { ...event, kind };
}

function commitOf(commit: unknown): unknown {
  if (!isObject(commit) || commit.operation !== undefined) return commit;
  return { ...commit, operation: OPERATION_OF.get(commit.type) };
}

/** An empty handle is none. */
function identityOf(identity: unknown): unknown {
  if (!isObject(identity) || identity.handle !== "") return identity;
  return { ...identity, handle: null };
}

function wordOf(fields: Fields, name: "name" | "error"): { name: string; message: string } {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return { name: text(fields[name]), message: text(fields.message) };
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
