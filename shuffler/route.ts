// From a decoded message to the messages to publish: subject, id, headers, payload. Only identifiers
// that the decoder found well formed get into a subject.

import { accountSubject, CONTENT_EVENT, HEADER, rejectedSubject } from "../plan/names.ts";
import { partitionOf } from "../plan/partition.ts";
import { ArrivalOrder } from "./arrival.ts";
import { CborWriter } from "./cbor/writer.ts";
import { CommitSubjects } from "./commit-subjects.ts";
import { FrameCommit } from "./decode/frame-commit.ts";
import type { FrameOp } from "./decode/frame-op.ts";
import { COMMIT_OPS_MAX } from "./decode/limits.ts";
import type { CommitMessage, CommitOp, DecodedMessage } from "./decode/message.ts";
import type { Rejected } from "./decode/rejection.ts";
import { ENVELOPE_BYTES_MAX, type EventFields, encodeEnvelope } from "./envelope.ts";
import { encodeFrameOp } from "./frame-envelope.ts";
import { FrameOpText } from "./frame-op-text.ts";
import { accountId, commitOpId, identityId, rejectedId, syncId } from "./identify.ts";
import { withOwnIds } from "./repeated-ops.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import type { SourceItem } from "./sources/source.ts";

/** How much of a refused frame is kept for whoever looks into it. */
export const REJECTED_PAYLOAD_BYTES_MAX = 65_536;
/** The same of each further refusal of one frame, which the first has kept. */
export const REJECTED_AGAIN_BYTES_MAX = 1024;
/** Places in a commit whose headers are kept: a commit has no more operations. */
const KEPT_PLACES_MAX = COMMIT_OPS_MAX;
/** What the headers of a message may need of the server's `max_payload`, which counts both. */
export const HEADERS_BYTES_MAX = 1024;

export type RouterOptions = {
  readonly partitions: number;
  /** The server's `max_payload`. */
  readonly maxPayloadBytes: number;
  /** Name of the source, for the header of what comes on no connection; else that has its host. */
  readonly relay: string;
};

/** The time of an operation, and its place among those of its seq. */
type OpAt = { readonly timeMs: number; readonly place: number };

export class Router {
  readonly #options: RouterOptions;
  /** What may stand in a message beside its headers. */
  readonly #payloadBytesMax: number;
  readonly #rejectedBytesMax: number;
  readonly #writer = new CborWriter();
  readonly #text = new FrameOpText();
  readonly #subjects: CommitSubjects;
  /** Where the item at hand comes from, and what every event of there says of itself. */
  #relay: string;
  /** By place among the events of one seq. */
  #headers: ReadonlyMap<string, string>[] = [];
  readonly #arrival = new ArrivalOrder();
  /** Events whose record was left out because it did not fit. */
  oversize = 0;

  /** @throws RangeError when `maxPayloadBytes` is too small for an event without its record. */
  constructor(options: RouterOptions) {
    const leastBytes = ENVELOPE_BYTES_MAX + HEADERS_BYTES_MAX;
    if (options.maxPayloadBytes < leastBytes) {
      throw new RangeError(
        `max_payload is ${options.maxPayloadBytes}, at least ${leastBytes} needed`,
      );
    }
    this.#options = options;
    this.#subjects = new CommitSubjects(options.partitions);
    this.#relay = options.relay;
    this.#payloadBytesMax = options.maxPayloadBytes - HEADERS_BYTES_MAX;
    this.#rejectedBytesMax = Math.min(REJECTED_PAYLOAD_BYTES_MAX, this.#payloadBytesMax);
  }

  /**
   * @param item what the message was decoded from, kept with a refusal
   * @param timeMs the time to publish it with; where its own is another that is kept beside it
   * @param ordinal of a state, which of its equals in its millisecond it is
   */
  route(
    message: DecodedMessage,
    item: SourceItem,
    timeMs = "timeMs" in message ? message.timeMs : 0,
    ordinal = 0,
  ): ShuffledMessage[] {
    const { raw, position } = item;
    this.#turnTo(item.session?.host ?? this.#options.relay);
    switch (message.kind) {
      case "commit":
        return this.#commit(message, raw, timeMs);
      case "sync": {
        const { did, seq, rev } = message;
        const event = { kind: "sync", did, seq, ...timesOf(message, timeMs), rev } as const;
        return [this.#accountEvent(event, syncId(did, rev))];
      }
      case "identity": {
        const { did, seq, handle } = message;
        const event = {
          kind: "identity",
          did,
          seq,
          ...timesOf(message, timeMs),
          ...(handle !== null && { handle }),
        } as const;
        return [this.#accountEvent(event, identityId(message, ordinal))];
      }
      case "account": {
        const { did, seq, active, status } = message;
        const event = {
          kind: "account",
          did,
          seq,
          ...timesOf(message, timeMs),
          active,
          ...(status !== null && { status }),
        } as const;
        return [this.#accountEvent(event, accountId(message, ordinal))];
      }
      case "info":
      case "error":
        return [];
      case "rejected":
        return [this.#rejected(message, 0, raw, position)];
    }
  }

  #commit(commit: CommitMessage, raw: Uint8Array, timeMs: number): ShuffledMessage[] {
    const { did, seq, rejected } = commit;
    const partition = partitionOf(did, this.#options.partitions);
    this.#arrival.turnTo(seq, timeMs, commit.ops.length);
    const first = this.#arrival.place;
    // Where the time is another than the host's, the event has a field more than most.
    const made =
      commit instanceof FrameCommit && commit.didAt >= 0 && commit.timeMs === timeMs
        ? commit.ops.map((op, i) => this.#frameOp(partition, commit, op, first + i))
        : commit.ops.map((op, i) => this.#op(partition, commit, op, { timeMs, place: first + i }));
    const events = withOwnIds(commit.ops, made);
    if (rejected.length === 0) return events;
    return [...events, ...rejected.map((one, i) => this.#rejected(one, i, raw, seq))];
  }

  #op(partition: number, commit: CommitMessage, op: CommitOp, at: OpAt): ShuffledMessage {
    const subject = this.#subjects.of(partition, op.action, op.collection);
    const msgId = commitOpId(commit.did, commit.rev, op);
    return this.#event(subject, msgId, fieldsOf(commit, op, at.timeMs), at.place);
  }

  /** As `#op`, without making texts of what stands in the frame. */
  #frameOp(partition: number, commit: FrameCommit, op: FrameOp, place: number): ShuffledMessage {
    const text = this.#text;
    text.set(commit, op);
    const payload = encodeFrameOp(this.#writer, text, commit, op);
    if (payload.length > this.#payloadBytesMax) {
      return this.#op(partition, commit, op, { timeMs: commit.timeMs, place });
    }
    const msgId = text.id();
    const subject = this.#subjects.of(partition, op.action, op.collection);
    const headers = this.#headersAt(place, commit.seq);
    return { subject, msgId, headers, payload, relaySeq: commit.seq };
  }

  #accountEvent(
    event: EventFields & { readonly kind: "sync" | "identity" | "account" },
    msgId: string,
  ): ShuffledMessage {
    const partition = partitionOf(event.did, this.#options.partitions);
    const subject = accountSubject(partition, event.kind);
    this.#arrival.turnTo(event.seq, event.timeMs, 1);
    return this.#event(subject, msgId, event, this.#arrival.place);
  }

  #event(subject: string, msgId: string, event: EventFields, place: number): ShuffledMessage {
    const { payload, oversize } = encodeEnvelope(this.#writer, event, this.#payloadBytesMax);
    if (oversize) this.oversize += 1;
    const headers = this.#headersAt(place, event.seq);
    return { subject, msgId, headers, payload, relaySeq: event.seq };
  }

  #rejected(one: Rejected, index: number, raw: Uint8Array, seq: number): ShuffledMessage {
    return {
      subject: rejectedSubject(one.reason),
      msgId: rejectedId(one.reason, index, raw),
      headers: new Map([
        [HEADER.relayHost, this.#relay],
        [HEADER.reason, one.reason],
        [HEADER.detail, one.detail],
      ]),
      payload: raw.subarray(0, index === 0 ? this.#rejectedBytesMax : REJECTED_AGAIN_BYTES_MAX),
      relaySeq: seq,
    };
  }

  #turnTo(relay: string): void {
    if (relay === this.#relay) return;
    this.#relay = relay;
    this.#headers = [];
  }

  /** One map for all events of a relay in that place: to make one for each takes a tenth of a frame's time. */
  #headersAt(place: number, seq: number): ReadonlyMap<string, string> {
    const orderSeq = this.#arrival.seq;
    const known = this.#headers[place];
    if (known !== undefined && seq === orderSeq) return known;
    const headers = eventHeaders(this.#relay, place);
    if (seq !== orderSeq) return headers.set(HEADER.orderSeq, String(orderSeq));
    if (place < KEPT_PLACES_MAX) this.#headers[place] = headers;
    return headers;
  }
}

function eventHeaders(relay: string, place: number): Map<string, string> {
  const headers = new Map<string, string>([
    [HEADER.relayHost, relay],
    [HEADER.contentType, CONTENT_EVENT],
  ]);
  if (place > 0) headers.set(HEADER.operation, String(place));
  return headers;
}

function fieldsOf(commit: CommitMessage, op: CommitOp, timeMs: number): EventFields {
  const { kind, did, seq, rev } = commit;
  const { action, collection, rkey } = op;
  const common = { kind, did, seq, ...timesOf(commit, timeMs), rev, op: action, collection, rkey };
  if (op.action === "delete") return common;
  const { cid, record, sorted } = op;
  return { ...common, cid, record, sorted };
}

/** The time of an event, and its host's where that is another. */
function timesOf(
  message: { readonly timeMs: number },
  timeMs: number,
): Pick<EventFields, "timeMs" | "hostTimeMs"> {
  return message.timeMs === timeMs ? { timeMs } : { timeMs, hostTimeMs: message.timeMs };
}
