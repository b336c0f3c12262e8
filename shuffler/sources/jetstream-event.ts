// One line of Jetstream's JSON as a decoded message, in whichever of its forms (`jetstream-forms.ts`).

import { hash } from "node:crypto";
import { z } from "zod";
import { DID, NSID, RKEY } from "../../plan/names.ts";
import type { CborWriter } from "../cbor/writer.ts";
import {
  CID_BYTES,
  CID_DIGEST_AT,
  cidFromString,
  cidOfDigest,
  cidToString,
  isCidAt,
} from "../decode/cid.ts";
import { checkRecord } from "../decode/commit.ts";
import { HANDLE, isTid } from "../decode/fields.ts";
import { RECORD_BYTES_MAX, STATUS_CHARS_MAX } from "../decode/limits.ts";
import type { CommitOp, DecodedMessage } from "../decode/message.ts";
import { catchMalformed, Malformed } from "../decode/rejection.ts";
import { parseDatetimeAt } from "../decode/time.ts";
import { jetstreamForm } from "./jetstream-forms.ts";
import { syncMessage } from "./jetstream-sync.ts";
import { parseJsonLine } from "./json-line.ts";
import { encodeJsonRecord } from "./json-record.ts";

/** Microseconds since the epoch; in v1 also the seq, for it has no other. */
const timeUs = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

const commitSchema = z.object({
  rev: z.string(),
  operation: z.enum(["create", "update", "delete"]),
  collection: z.string(),
  rkey: z.string(),
  // Taken as it is: a copy would lose a field named `__proto__`.
  record: z.custom<object>(isObject).optional(),
  cid: z.string().optional(),
});

const eventSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("commit"), did: z.string(), time_us: timeUs, commit: commitSchema }),
  z.object({
    kind: z.literal("sync"),
    did: z.string(),
    time_us: timeUs,
    sync: z.object({ rev: z.string(), blocks: z.object({ $bytes: z.string() }).optional() }),
  }),
  z.object({
    kind: z.literal("identity"),
    did: z.string(),
    time_us: timeUs,
    identity: z.object({ handle: z.string().nullish(), time: z.string().optional() }),
  }),
  z.object({
    kind: z.literal("account"),
    did: z.string(),
    time_us: timeUs,
    account: z.object({
      active: z.boolean(),
      status: z.string().max(STATUS_CHARS_MAX).nullish(),
      time: z.string().optional(),
    }),
  }),
]);

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type JetstreamEvent = z.infer<typeof eventSchema>;

/** `cidMismatch`: the record, encoded again, is not what the event's CID names; it is taken anyway. */
export type ParsedLine = { readonly message: DecodedMessage; readonly cidMismatch: boolean };

/**
 * Never throws. A mismatch of CIDs is told but not refused: JSON cannot carry everything DAG-CBOR can
 * (a float written `1.0`, say), and the event's own CID is kept.
 * @param where names the line, for the detail of a refusal.
 */
export function parseJetstreamLine(line: Buffer, writer: CborWriter, where: string): ParsedLine {
  let cidMismatch = false;
  const message = catchMalformed<DecodedMessage>(() => {
    const form = jetstreamForm(parseJsonLine(line, where), where);
    if (form.kind !== "event") return form;
    const event = parseEvent(form.event, where);
    if (!DID.test(event.did)) throw new Malformed("bad_did", where);
    const seq = form.seq ?? event.time_us;
    const at = { did: event.did, seq, timeMs: Math.floor(event.time_us / 1000) };
    switch (event.kind) {
      case "sync":
        return syncMessage(event.sync, at, where);
      case "identity": {
        const handle = event.identity.handle ?? null;
        if (handle !== null && !HANDLE.test(handle)) throw new Malformed("bad_handle", where);
        return {
          kind: "identity",
          ...at,
          timeMs: ownTimeMs(event.identity, at.timeMs, where),
          handle,
        };
      }
      case "account": {
        const { active, status } = event.account;
        const timeMs = ownTimeMs(event.account, at.timeMs, where);
        return { kind: "account", ...at, timeMs, active, status: status ?? null };
      }
      case "commit": {
        const { rev } = event.commit;
        if (!isTid(rev)) throw new Malformed("bad_rev", where);
        const { op, mismatch } = opOf(event.commit, writer, where);
        cidMismatch = mismatch;
        return { kind: "commit", ...at, rev, ops: [op], rejected: [] };
      }
    }
  });
  return { message, cidMismatch };
}

/** What the frame said, so that the event has the id that the frame's has; Jetstream's time where it is left out. */
function ownTimeMs(
  body: { readonly time?: string | undefined },
  jetstreamMs: number,
  where: string,
): number {
  if (body.time === undefined) return jetstreamMs;
  const bytes = Buffer.from(body.time);
  const timeMs = parseDatetimeAt(bytes, 0, bytes.length);
  if (timeMs === null) throw new Malformed("bad_time", where);
  return timeMs;
}

function parseEvent(event: unknown, where: string): JetstreamEvent {
  const parsed = eventSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new Malformed("bad_line", `${where}: no Jetstream event (at \`${path}\`)`);
}

type Commit = z.infer<typeof commitSchema>;

function opOf(
  commit: Commit,
  writer: CborWriter,
  where: string,
): { op: CommitOp; mismatch: boolean } {
  const { operation, collection, rkey } = commit;
  if (!NSID.test(collection)) throw new Malformed("bad_collection", where);
  if (!RKEY.test(rkey)) throw new Malformed("bad_rkey", where);
  if (operation === "delete") {
    return { op: { action: "delete", collection, rkey }, mismatch: false };
  }
  if (commit.record === undefined) throw new Malformed("missing_block", where);
  const record = encodeJsonRecord(writer, commit.record);
  if (record.length > RECORD_BYTES_MAX) throw new Malformed("oversize_record", where);
  const sorted = checkRecord(record);
  const digest = hash("sha256", record, "hex");
  const cid = commit.cid === undefined || commit.cid === "" ? null : commit.cid;
  const mismatch = cid !== null && digest !== digestOf(cid, where);
  const own = cid ?? cidToString(cidOfDigest(Buffer.from(digest, "hex"))); // Jetstream's first events had none.
  return { op: { action: operation, collection, rkey, cid: own, record, sorted }, mismatch };
}

/** In hexadecimal. */
function digestOf(cid: string, where: string): string {
  const binary = cidFromString(cid);
  if (binary === null || binary.length !== CID_BYTES || !isCidAt(binary, 0)) {
    throw new Malformed("bad_cid", where);
  }
  return Buffer.from(binary).toString("hex", CID_DIGEST_AT);
}
