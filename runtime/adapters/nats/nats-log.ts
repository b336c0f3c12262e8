// The log on JetStream: `Log` of ports.ts, word for word.

import { type JetStreamManager, jetstreamManager, type StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type CrashPoints, NO_CRASH_POINTS } from "../../crash-points.ts";
import type { CommitResult, Log, LogAppend, LogMessage } from "../../ports.ts";
import { GroupCommitter } from "./group-commit.ts";
import { fromNatsHeaders } from "./headers.ts";
import { Link } from "./link.ts";
import { maxPayloadOf, messageBytesMax } from "./max-payload.ts";
import { type Origin, readFrom } from "./read.ts";
import { readNow } from "./read-now.ts";
import { patiently } from "./retry.ts";

/** Shares the connection, which stays its owner's to close. Reads wait 30 s through an outage. */
export class NatsLog implements Log {
  readonly #nc: NatsConnection;
  /** Asks the server nothing, so it is there at once. */
  readonly #jsm: Promise<JetStreamManager>;
  readonly #link: Link;
  readonly #crash: CrashPoints;
  readonly #committers = new Map<string, GroupCommitter>();

  constructor(nc: NatsConnection, crash = NO_CRASH_POINTS) {
    this.#crash = crash;
    this.#nc = nc;
    this.#jsm = jetstreamManager(nc, { checkAPI: false });
    this.#link = new Link(nc);
  }

  get messageBytesMax(): number {
    return messageBytesMax(maxPayloadOf(this.#nc));
  }

  read(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogMessage[]> {
    return readFrom(this.#origin, { stream, subjects }, fromSeq, signal);
  }

  /** As `read`, without payloads. */
  readHeaders(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogMessage[]> {
    const position = { stream, subjects, headersOnly: true };
    return readFrom(this.#origin, position, fromSeq, signal);
  }

  /** What is stored by now from that sequence on, as `readHeaders` gives it. */
  readHeadersNow(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<LogMessage> {
    const read = (until: AbortSignal) => this.readHeaders(stream, subjects, fromSeq, until);
    return readNow(this, stream, subjects, { read, signal });
  }

  /** As `readHeadersNow`, with payloads. */
  readFromNow(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<LogMessage> {
    const read = (until: AbortSignal) => this.read(stream, subjects, fromSeq, until);
    return readNow(this, stream, subjects, { read, signal });
  }

  get #origin(): Origin {
    return { nc: this.#nc, jsm: this.#jsm, link: this.#link };
  }

  async last(stream: string, subject: string): Promise<LogMessage | null> {
    const query = { last_by_subj: subject };
    const found = await this.#ask((jsm) => jsm.streams.getMessage(stream, query));
    return found === null ? null : toLogMessage(found);
  }

  readAll(stream: string, subjects: readonly string[]): AsyncIterable<LogMessage> {
    return readNow(this, stream, subjects);
  }

  async firstSeq(stream: string): Promise<number> {
    const info = await this.#ask((jsm) => jsm.streams.info(stream));
    return Math.max(1, info.state.first_seq); // 0 when nothing has ever been there.
  }

  async lastSeq(stream: string): Promise<number> {
    const info = await this.#ask((jsm) => jsm.streams.info(stream));
    return info.state.last_seq;
  }

  /** When its last message was stored, by the server's clock, milliseconds since the epoch; null when there is none. */
  async lastStoredMs(stream: string): Promise<number | null> {
    const { state } = await this.#ask((jsm) => jsm.streams.info(stream));
    return state.messages === 0 ? null : Date.parse(state.last_ts);
  }

  async seqAtTime(stream: string, timeMs: number): Promise<number> {
    const after = await this.lastSeq(stream);
    const found = await this.#ask((jsm) => jsm.streams.getMessage(stream, sinceQuery(timeMs)));
    return found?.seq ?? after + 1;
  }

  async commit(
    stream: string,
    messages: readonly LogAppend[],
    signal: AbortSignal,
  ): Promise<CommitResult> {
    return await this.#committer(stream).commit(messages, signal);
  }

  async purge(stream: string, subject: string, throughSeq: number): Promise<void> {
    // JetStream's `seq` is the first one that stays.
    const options = { filter: subject, seq: throughSeq + 1 };
    await this.#ask((jsm) => jsm.streams.purge(stream, options));
  }

  async #ask<T>(request: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
    const jsm = await this.#jsm;
    return await patiently(this.#link, () => request(jsm));
  }

  #committer(stream: string): GroupCommitter {
    const known = this.#committers.get(stream);
    if (known !== undefined) return known;
    const target = {
      nc: this.#nc,
      jsm: this.#jsm,
      link: this.#link,
      stream,
      crash: this.#crash,
    };
    const made = new GroupCommitter(target);
    this.#committers.set(stream, made);
    return made;
  }
}

/** The client's type of this request lacks what the server takes since 2.11 (NATS ADR-31). */
function sinceQuery(timeMs: number): { seq: number } {
  const query = { start_time: new Date(timeMs).toISOString() };
  return query as unknown as { seq: number }; // The client passes the query on as it is.
}

function toLogMessage({ subject, seq, header, data }: StoredMsg): LogMessage {
  return { subject, seq, headers: fromNatsHeaders(header), payload: data };
}
