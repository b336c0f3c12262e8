// Encodes the event envelope (plan/event.ts). The record goes in verbatim: shuffling copies, it never
// re-encodes, so the record's hash is still its CID.

import type { EventEnvelope } from "../plan/event.ts";
import type { CborWriter } from "./cbor/writer.ts";

/** An event to encode; what is absent is left out of the map. `record` is one DAG-CBOR item. */
export type EventFields = Readonly<Omit<EventEnvelope, "time" | "record" | "oversize">> & {
  readonly timeMs: number;
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

/** Keys in DAG-CBOR order: shorter first, then bytewise. */
function writeEnvelope(writer: CborWriter, event: EventFields, oversize: boolean): Uint8Array {
  writer.map(sizeOf(event, oversize));
  text(writer, "op", event.op);
  text(writer, "cid", event.cid);
  text(writer, "did", event.did);
  text(writer, "rev", event.rev);
  writer.text("seq").number(event.seq);
  text(writer, "kind", event.kind);
  text(writer, "rkey", event.rkey);
  writer.text("time").number(event.timeMs);
  if (event.active !== undefined) writer.text("active").boolean(event.active);
  text(writer, "handle", event.handle);
  if (event.record !== undefined) {
    writer.text("record");
    if (event.sorted === true) writer.byteString(event.record);
    else writer.raw(event.record);
  }
  text(writer, "status", event.status);
  if (oversize) writer.text("oversize").boolean(true);
  text(writer, "collection", event.collection);
  return writer.take();
}

function text(writer: CborWriter, key: string, value: string | undefined): void {
  if (value !== undefined) writer.text(key).text(value);
}

function sizeOf(event: EventFields, oversize: boolean): number {
  let size = oversize ? 1 : 0;
  for (const name in event) if (event[name as keyof EventFields] !== undefined) size += 1; // own names
  return event.sorted === undefined ? size : size - 1;
}
