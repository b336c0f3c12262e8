// Encodes the event envelope (plan/event.ts). The record goes in verbatim: shuffling copies, it never
// re-encodes, so the record's hash is still its CID.

import type { EventEnvelope } from "../plan/event.ts";
import { type CborWriter, fieldName, type KnownRun } from "./cbor/writer.ts";

/** An event to encode; what is absent is left out of the map. `record` is one DAG-CBOR item. */
export type EventFields = Readonly<
  Omit<EventEnvelope, "time" | "host_time" | "record" | "oversize">
> & {
  readonly timeMs: number;
  /** The time its host claims, where that is another. */
  readonly hostTimeMs?: number;
  readonly record?: Uint8Array;
  /** Whether all keys of the record are in DAG-CBOR order. */
  readonly sorted?: boolean;
};

export type Envelope = { readonly payload: Uint8Array; readonly oversize: boolean };

/** Most bytes an envelope has beside its record: did 2048, handle, NSID, rkey 512, keys and heads. */
export const ENVELOPE_BYTES_MAX = 4096;

/**
 * The envelope as a DAG-CBOR map. Over `bytesMax` it says `oversize: true` in place of the record.
 * @param bytesMax at least `ENVELOPE_BYTES_MAX`, which always suffices without the record.
 */
export function encodeEnvelope(writer: CborWriter, event: EventFields, bytesMax: number): Envelope {
  const payload = writeEnvelope(writer, event, false);
  if (payload.length <= bytesMax || event.record === undefined) return { payload, oversize: false };
  const { record: _, sorted: __, ...rest } = event;
  return { payload: writeEnvelope(writer, rest, true), oversize: true };
}

const NAME = {
  op: fieldName("op"),
  cid: fieldName("cid"),
  did: fieldName("did"),
  rev: fieldName("rev"),
  seq: fieldName("seq"),
  kind: fieldName("kind"),
  rkey: fieldName("rkey"),
  time: fieldName("time"),
  active: fieldName("active"),
  handle: fieldName("handle"),
  record: fieldName("record"),
  status: fieldName("status"),
  oversize: fieldName("oversize"),
  hostTime: fieldName("host_time"),
  collection: fieldName("collection"),
} as const;

/** Keys in DAG-CBOR order: shorter first, then bytewise. What its syntax makes ASCII is written so. */
function writeEnvelope(writer: CborWriter, event: EventFields, oversize: boolean): Uint8Array {
  writer.map(sizeOf(event, oversize));
  ascii(writer, NAME.op, event.op);
  ascii(writer, NAME.cid, event.cid);
  ascii(writer, NAME.did, event.did);
  ascii(writer, NAME.rev, event.rev);
  writer.known(NAME.seq).number(event.seq);
  ascii(writer, NAME.kind, event.kind);
  ascii(writer, NAME.rkey, event.rkey);
  writer.known(NAME.time).number(event.timeMs);
  if (event.active !== undefined) writer.known(NAME.active).boolean(event.active);
  if (event.handle !== undefined) writer.known(NAME.handle).text(event.handle);
  if (event.record !== undefined) {
    writer.known(NAME.record);
    if (event.sorted === true) writer.byteString(event.record);
    else writer.raw(event.record);
  }
  if (event.status !== undefined) writer.known(NAME.status).text(event.status);
  if (oversize) writer.known(NAME.oversize).boolean(true);
  if (event.hostTimeMs !== undefined) writer.known(NAME.hostTime).number(event.hostTimeMs);
  ascii(writer, NAME.collection, event.collection);
  return writer.take();
}

function ascii(writer: CborWriter, name: KnownRun, value: string | undefined): void {
  if (value !== undefined) writer.known(name).ascii(value);
}

function sizeOf(event: EventFields, oversize: boolean): number {
  const count = (value: unknown): number => (value === undefined ? 0 : 1);
  const commit = count(event.op) + count(event.cid) + count(event.rkey) + count(event.collection);
  const account = count(event.active) + count(event.handle) + count(event.status);
  const always = 4; // did, seq, kind, time
  const own =
    always + count(event.hostTimeMs) + count(event.rev) + count(event.record) + commit + account;
  return oversize ? own + 1 : own;
}
