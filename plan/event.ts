// The event: what the shuffler publishes for every repo operation, and what a pipeline reads.

/** What happened: a repo operation, or one of the account-level messages of the firehose. */
export const EVENT_KINDS = ["commit", "identity", "account", "sync"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** What a commit did to one record. */
export const EVENT_OPS = ["create", "update", "delete"] as const;
export type EventOp = (typeof EVENT_OPS)[number];

/**
 * The envelope of one event as it stands in a FIREHOSE message: a DAG-CBOR map (keys sorted length
 * first). `record` is the repo block's bytes **verbatim**, so their SHA-256 is still the record's CID. They
 * are a byte string where the keys of all their maps are in DAG-CBOR order, as they should be: who reads the
 * event passes over the record by its length, and stops reading it behind the last name it looks for. Where
 * keys are in another order the record is embedded as a CBOR item.
 */
export type EventEnvelope = {
  did: string;
  /** Sequence number given by the relay; differs between relays. */
  seq: number;
  /**
   * Milliseconds since the Unix epoch (an integer on the wire): the time its host claims where the stream supports
   * that, else the stream's own.
   */
  time: number;
  /** What its host claims, likewise, where that is another time. */
  host_time?: number;
  kind: EventKind;
  /** Commit events only. */
  op?: EventOp;
  collection?: string;
  rkey?: string;
  /** Commit and sync events. */
  rev?: string;
  /** CID of the record as a base32 string; absent on delete. */
  cid?: string;
  /** Decoded or verbatim record, absent on delete and when `oversize`. */
  record?: unknown;
  /** True when the record did not fit the server's `max_payload` and was left out. */
  oversize?: true;
  /** Identity events. */
  handle?: string;
  /** Account events. */
  active?: boolean;
  status?: string;
};

/** Fields of an event as the language sees them, in the order they are printed. */
export const EVENT_FIELDS = [
  "did",
  "time",
  "seq",
  "kind",
  "op",
  "collection",
  "rkey",
  "rev",
  "cid",
  "uri",
  "record",
  "handle",
  "active",
  "status",
  "oversize",
  "host_time",
] as const;

/**
 * The watermark that says "nothing more will come": published when a finite source is through, so
 * that every window closes. 9999-12-31T23:59:59.999Z, in milliseconds.
 */
export const END_OF_TIME_MS = 253_402_300_799_999;

/** How far the watermark of a partition stays behind the greatest time seen, milliseconds. */
export const WATERMARK_DELAY_MS = 1000;
