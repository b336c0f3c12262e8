// The bytes of messages: records of topics, rows of exchanges, and events of the FIREHOSE.

import { EVENT_KINDS, type EventKind } from "../../plan/event.ts";
import { CborReader } from "./cbor-decode.ts";
import {
  CborWriter,
  STATE_ENTRY_BYTES_MAX,
  VALUE_TOO_LARGE,
  WRAPPER_DEPTH_MAX,
} from "./cbor-encode.ts";
import { EvaluationError, MalformedPayload } from "./eval-error.ts";
import { orderOf, type RecordOrder, writeOrder } from "./record-order.ts";
import { INSTANT_MS_MAX, INSTANT_MS_MIN, instantAt } from "./time.ts";
import { Instant, type RecordValue, type Value } from "./values.ts";

/** A row of an exchange: what the next stage groups (`keys`) and aggregates (`columns`). */
export type Row = {
  /** The instant it counts at, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly order: RecordOrder;
  readonly keys: Value[];
  readonly columns: Value[];
};

/** Parts of a row on the wire. */
export const ROW_PARTS = 4;
/** Of one that stands for several: `[paneMs, 0, keys, states, records]`. */
export const COMBINED_ROW_PARTS = 5;

// Encoding and decoding are synchronous and never re-enter, so one of each serves the whole thread.
const writer = new CborWriter();
const reader = new CborReader();

/**
 * One value as one CBOR item. Instants are tag 1 (epoch seconds), durations tag 1002 (RFC 9581), links
 * tag 42 (DAG-CBOR); everything else is plain CBOR. It may nest deeper than a value of the language, as an entry of
 * state does that holds values.
 * @throws EvaluationError when it is too deep or too large, or holds what is no value.
 */
export function encodeRecord(value: Value): Uint8Array {
  return encoded((into) => into.value(value, -WRAPPER_DEPTH_MAX));
}

/** Thrown for an entry of state that is larger than a partition may keep. Nothing is lost: see `StateTooLarge`. */
export class StateEntryTooLarge extends Error {
  readonly code = "state_too_large";

  constructor() {
    super(
      `one key has more than ${STATE_ENTRY_BYTES_MAX} bytes of state: give the stage a smaller window, or its aggregates a smaller cap or max`,
    );
  }
}

/**
 * An entry of state, which may be far larger than a message: it is stored in parts.
 * @param bytesMax which tests make small
 * @throws StateEntryTooLarge
 */
export function encodeState(value: Value, bytesMax = STATE_ENTRY_BYTES_MAX): Uint8Array {
  writer.resumeAt(0, bytesMax);
  try {
    writer.value(value, -WRAPPER_DEPTH_MAX);
    return writer.take();
  } catch (error) {
    throw stateError(error);
  }
}

function stateError(error: unknown): unknown {
  const isLarge = error instanceof EvaluationError && error.reason === VALUE_TOO_LARGE;
  return isLarge ? new StateEntryTooLarge() : error;
}

/** What `write` writes: CBOR items. @throws EvaluationError as `encodeRecord` does. */
export function encoded(write: (writer: CborWriter) => void): Uint8Array {
  writer.reset();
  write(writer);
  return writer.take();
}

/** A writer for what is looked at and not kept: it is empty, and is so again whenever it is asked for. */
export function scratchWriter(): CborWriter {
  writer.reset();
  return writer;
}

/** The one value of `payload`. @throws MalformedPayload */
export function decodeValue(payload: Uint8Array): Value {
  reader.open(payload);
  const value = reader.value();
  if (!reader.done) throw new MalformedPayload("more than one value");
  return value;
}

/** The values of a CBOR sequence (RFC 8742), in order. @throws MalformedPayload */
export function decodeRecords(payload: Uint8Array): Value[] {
  reader.open(payload);
  const values: Value[] = [];
  while (!reader.done) values.push(reader.value());
  return values;
}

/**
 * A row as the CBOR array `[timeMs, order, keys, columns]` (`writeOrder`), as it is kept in state: its order may be
 * written longer than it came. @throws StateEntryTooLarge
 */
export function encodeRow(row: Row): Uint8Array {
  writer.resumeAt(0, STATE_ENTRY_BYTES_MAX);
  try {
    writer.listHeader(ROW_PARTS);
    writer.number(row.timeMs);
    writeOrder(writer, row.order, row.order.contents, row.timeMs, true);
    writer.list(row.keys, -1);
    writer.list(row.columns, -1);
    return writer.take();
  } catch (error) {
    throw stateError(error);
  }
}

/** The rows of a CBOR sequence, in order. @throws MalformedPayload */
export function decodeRows(payload: Uint8Array): Row[] {
  reader.open(payload);
  const rows: Row[] = [];
  while (!reader.done) rows.push(readRow());
  return rows;
}

function readRow(): Row {
  if (reader.listLength() !== ROW_PARTS) throw new MalformedPayload("a row has four parts");
  const timeMs = reader.value();
  const order = reader.value();
  const keys = reader.value();
  const columns = reader.value();
  if (typeof timeMs !== "number") throw new MalformedPayload("time of a row is not a number");
  if (!Array.isArray(keys) || !Array.isArray(columns)) {
    throw new MalformedPayload("keys or columns of a row are not lists");
  }
  return { timeMs, order: orderOf(order, timeMs), keys, columns };
}

/**
 * The event of a FIREHOSE message (plan/event.ts) as the language sees it. A commit has did, time, seq,
 * kind, op, collection, rkey, rev, cid, uri and record (cid and record null on delete, and `oversize`
 * only when true); the other kinds have did, time, seq, kind and their own fields. Behind them any has
 * `host_time` where its host claims another time. Objects of one kind share one shape, so that reading
 * their fields stays fast.
 * @throws MalformedPayload
 */
export function decodeEvent(payload: Uint8Array): RecordValue {
  reader.open(payload);
  const fields = new EnvelopeFields();
  for (let left = reader.mapLength(); left > 0; left -= 1) fields.read();
  if (!reader.done) throw new MalformedPayload("more than one value");
  return fields.event();
}

/** The entries of an envelope; what is not there is null. */
class EnvelopeFields {
  did: Value = null;
  time: Value = null;
  seq: Value = null;
  kind: Value = null;
  op: Value = null;
  collection: Value = null;
  rkey: Value = null;
  rev: Value = null;
  cid: Value = null;
  record: Value = null;
  oversize: Value = null;
  handle: Value = null;
  active: Value = null;
  status: Value = null;
  hostTime: Value = null;

  /** Reads one entry; names it does not know are passed over. */
  read(): void {
    const name = reader.key();
    const value = name === "record" ? reader.embedded(1) : reader.value(1);
    switch (name) {
      case "did":
        this.did = value;
        break;
      case "time":
        this.time = value;
        break;
      case "seq":
        this.seq = value;
        break;
      case "kind":
        this.kind = value;
        break;
      case "op":
        this.op = value;
        break;
      case "collection":
        this.collection = value;
        break;
      case "rkey":
        this.rkey = value;
        break;
      case "rev":
        this.rev = value;
        break;
      case "cid":
        this.cid = value;
        break;
      case "record":
        this.record = value;
        break;
      case "oversize":
        this.oversize = value;
        break;
      case "handle":
        this.handle = value;
        break;
      case "active":
        this.active = value;
        break;
      case "status":
        this.status = value;
        break;
      case "host_time":
        this.hostTime = value;
        break;
      default:
        break;
    }
  }

  event(): RecordValue {
    const { did, time, seq } = this;
    if (typeof did !== "string") throw new MalformedPayload("did is not a string");
    if (!Number.isSafeInteger(seq)) throw new MalformedPayload("seq is not an integer");
    if (typeof time !== "number" || !Number.isSafeInteger(time)) {
      throw new MalformedPayload("time is not an integer");
    }
    const kind = EVENT_KINDS.find((one) => one === this.kind);
    if (kind === undefined) throw new MalformedPayload("unknown kind of event");
    const event = this.#ofKind(kind, did, time);
    const hostTime = hostTimeOf(this.hostTime);
    return hostTime === null ? event : { ...event, host_time: hostTime };
  }

  #ofKind(kind: EventKind, did: string, timeMs: number): RecordValue {
    const { seq, rev, handle, active, status } = this;
    const time = instantAt(timeMs);
    switch (kind) {
      case "commit":
        return this.#commit(did, timeMs);
      case "identity":
        return { did, time, seq, kind, handle };
      case "account":
        return { did, time, seq, kind, active, status };
      case "sync":
        return { did, time, seq, kind, rev };
    }
  }

  #commit(did: string, timeMs: number): RecordValue {
    const { seq, op, collection, rkey, rev, cid, record } = this;
    if (typeof op !== "string" || typeof collection !== "string" || typeof rkey !== "string") {
      throw new MalformedPayload("a commit has no op, collection or rkey");
    }
    const time = instantAt(timeMs);
    const uri = `at://${did}/${collection}/${rkey}`;
    const kind = "commit";
    if (this.oversize === true) {
      const oversize = true;
      return { did, time, seq, kind, op, collection, rkey, rev, cid, uri, record, oversize };
    }
    return { did, time, seq, kind, op, collection, rkey, rev, cid, uri, record };
  }
}

/** `host_time` as the language sees it; null for anything but whole milliseconds of an instant. */
export function hostTimeOf(value: Value): Instant | null {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return null;
  return value < INSTANT_MS_MIN || value > INSTANT_MS_MAX ? null : new Instant(value);
}
