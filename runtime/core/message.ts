// What goes into a stage and what comes out: plain data, no I/O.

import { HEADER } from "../../plan/names.ts";
import type { Target } from "../../plan/targets.ts";

/** One message of a stage's input, in the order of its channel. */
export type InputMessage = {
  /** Index into `Stage.inputs`. */
  readonly input: number;
  /**
   * The producer the message comes from: messages of one channel arrive in the order they were sent.
   * A FIREHOSE partition (`p03`), or a producer name (`v3.s1.02/4`).
   */
  readonly channel: string;
  /** How many channels this input has in all; the watermark waits until each has spoken. */
  readonly channels: number;
  /** Version of the producer; 0 for the firehose. A later one's channels replace an earlier one's. */
  readonly generation: number;
  /** The producer sends no record with a lesser time after this; null when the message does not say. */
  readonly watermarkMs: number | null;
  /** Of an event: its place among those of its seq, mostly that of an operation in its commit. */
  readonly operation: number;
  /** Of an event: the seq that it is ordered under; null when that is its own. */
  readonly orderSeq: number | null;
  /** Of a message of a topic: the orders of its records (`OrderReader`); null when it carries none. */
  readonly order: string | null;
  /** False for an event whose time must not move the watermark: the shuffler did not believe it. */
  readonly timeTrusted: boolean;
  /** An event, a CBOR sequence of records or rows; null for a watermark message. */
  readonly payload: Uint8Array | null;
  /** Where it stands, for dead letters. */
  readonly subject: string;
  readonly seq: number;
};

/** The seq that an event is ordered under, as its headers say; null when it is its own. */
export function orderSeqOf(headers: ReadonlyMap<string, string>): number | null {
  const header = headers.get(HEADER.orderSeq);
  if (header === undefined) return null;
  const seq = Number(header);
  return Number.isSafeInteger(seq) ? seq : null;
}

/** The place of an event among those of its seq, as its headers say. */
export function operationOf(headers: ReadonlyMap<string, string>): number {
  const header = headers.get(HEADER.operation);
  if (header === undefined) return 0;
  const place = Number(header);
  return Number.isSafeInteger(place) && place > 0 ? place : 0;
}

/** Records for one partition of one target: the items of a CBOR sequence. */
export type OutputMessage = {
  readonly target: Target;
  readonly partition: number;
  /** A CBOR sequence (RFC 8742) of `records` items. */
  readonly payload: Uint8Array;
  readonly records: number;
  /** The orders of a topic's records (`OrderWriter`); null when there is nothing to say. */
  readonly order: string | null;
};

/** One change of keyed state; null deletes the key. */
export type StateChange = { readonly key: string; readonly value: Uint8Array | null };

/** Counters of a stage partition; they are part of its checkpoint and so exact across crashes. */
export type Counters = {
  /** Records read (rows behind an exchange). */
  in: number;
  /** Records sent, to all targets. */
  out: number;
  /** Late records. */
  late: number;
  /** Records sent to dead letters, whether kept or over the limit. */
  deadLetters: number;
  /** Messages of the firehose that were deleted before they were read, at most: of any subject. */
  lost: number;
  /** Records a filter dropped, by reason: `false`, `null`, `error: …`. */
  dropped: Record<string, number>;
};

/** Everything a stage partition produced since it was last drained. */
export type StepOutput = {
  /** In the order they were produced; several per target and partition when one would be too large. */
  readonly messages: readonly OutputMessage[];
  /** The watermark to send to every partition of every target; null until it is known. */
  readonly watermarkMs: number | null;
};
