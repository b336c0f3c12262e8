// One consumer's life: pulls messages ahead of the reader, in order, until anything is amiss. Then it ends,
// and the reader begins another after the last message it has.
//
// The client's own iterator costs a promise, an object and some parsing a message, more than reading one in a
// filter; here the messages of a packet go to the reader together, and their headers are read if asked for.

import { AckPolicy, DeliverPolicy, type JetStreamManager } from "@nats-io/jetstream";
import {
  createInbox,
  type Msg,
  type NatsConnection,
  type Subscription,
} from "@nats-io/transport-node";
import type { LogMessage } from "../../ports.ts";
import { NatsRefused } from "./errors.ts";
import { maxPayloadOf } from "./max-payload.ts";
import { messageOf, placeOf } from "./received.ts";

export type Position = {
  readonly stream: string;
  readonly subjects: readonly string[];
  /** Whether payloads are of no interest. */
  readonly headersOnly?: boolean;
};

/** Messages of one pull. There are two at a time, and the next when half of the older one has come. */
const PULL_MESSAGES_MAX = 1024;
/** Bytes of one pull, and of what waits for the reader before there is another. */
const PULL_BYTES_MAX = 16 * 1024 * 1024;
const PULLS_MAX = 2;
/** What waits for the reader, at most: what is enough not to ask for more, and what was asked for. */
export const READ_AHEAD_MESSAGES_MAX = (1 + PULLS_MAX) * PULL_MESSAGES_MAX;
const PULL_EXPIRES_MS = 30_000;
/** How often the server says that it is there while nothing comes. */
const HEARTBEAT_MS = 5000;
/** The server drops the consumer of a killed reader after this long. */
const INACTIVE_MS = 60_000;
const NANOSECONDS_PER_MS = 1_000_000;
const STATUS = { heartbeat: 100, badRequest: 400, notFound: 404, timeout: 408, conflict: 409 };

export class PullSession implements AsyncDisposable {
  readonly #nc: NatsConnection;
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  readonly #pullSubject: string;
  readonly #pullBytesMax: number;
  readonly #watch: NodeJS.Timeout;
  readonly #drop: () => void;
  /** Messages that the server owes us for each pull, which it serves in order. */
  readonly #pulls: number[] = [];
  #delivered = 0;
  #heard = true;
  #waiting: LogMessage[] = [];
  #waitingBytes = 0;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  /** @throws JetStreamApiError when the stream or a subject is refused */
  static async open(
    nc: NatsConnection,
    jsm: JetStreamManager,
    { stream, subjects, headersOnly = false }: Position,
    fromSeq: number,
  ): Promise<PullSession> {
    const { name } = await jsm.consumers.add(stream, {
      filter_subjects: [...subjects],
      headers_only: headersOnly,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: fromSeq,
      ack_policy: AckPolicy.None,
      max_deliver: 1,
      num_replicas: 1,
      mem_storage: true,
      inactive_threshold: INACTIVE_MS * NANOSECONDS_PER_MS,
    });
    // Saves the server a minute's memory; it drops the consumer by itself if this does not get through.
    const drop = () => void jsm.consumers.delete(stream, name).catch(() => {});
    return new PullSession(nc, `${stream}.${name}`, drop);
  }

  private constructor(nc: NatsConnection, consumer: string, drop: () => void) {
    this.#nc = nc;
    this.#drop = drop;
    this.#pullSubject = `$JS.API.CONSUMER.MSG.NEXT.${consumer}`;
    // The server never delivers a message that is larger than a pull.
    this.#pullBytesMax = Math.max(PULL_BYTES_MAX, 2 * maxPayloadOf(nc));
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) this.#take(message);
      else this.end({ error });
    };
    this.#subscription = nc.subscribe(this.#inbox, { callback });
    this.#watch = setInterval(() => this.#endIfSilent(), 2 * HEARTBEAT_MS).unref();
    this.#refill();
  }

  /** Waits for the first message, then takes all that have arrived; null at the end. */
  async take(): Promise<readonly LogMessage[] | null> {
    if (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#ended) return null;
    const taken = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#refill();
    return taken;
  }

  /** No more messages; what was not taken is dropped. With an error the reader gets that. */
  end(failure: { readonly error: unknown } | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    clearInterval(this.#watch);
    this.#subscription.unsubscribe();
    if (!this.#nc.isClosed()) this.#drop();
  }

  #take(message: Msg): void {
    if (this.#ended) return;
    this.#heard = true;
    const place = placeOf(message);
    if (place === null) this.#takeStatus(message);
    else if (place.delivery !== this.#delivered + 1)
      this.end(); // One was lost on the way.
    else {
      this.#delivered = place.delivery;
      const received = messageOf(message, place.seq);
      this.#waiting.push(received);
      this.#waitingBytes += received.payload.length;
      this.#count();
      this.#wake();
    }
  }

  /** The older pull has given one more. */
  #count(): void {
    const [left = 1] = this.#pulls;
    if (left === 1) this.#pulls.shift();
    else this.#pulls[0] = left - 1;
    if (left <= PULL_MESSAGES_MAX / 2) this.#refill();
  }

  /** Asks for more, unless the reader has enough to do. */
  #refill(): void {
    const [left = 0] = this.#pulls;
    if (this.#ended || this.#pulls.length >= PULLS_MAX || left > PULL_MESSAGES_MAX / 2) return;
    if (this.#waiting.length >= PULL_MESSAGES_MAX || this.#waitingBytes >= PULL_BYTES_MAX) return;
    this.#pulls.push(PULL_MESSAGES_MAX);
    this.#heard = true; // Nothing could be before.
    const request = {
      batch: PULL_MESSAGES_MAX,
      max_bytes: this.#pullBytesMax,
      expires: PULL_EXPIRES_MS * NANOSECONDS_PER_MS,
      idle_heartbeat: HEARTBEAT_MS * NANOSECONDS_PER_MS,
    };
    this.#nc.publish(this.#pullSubject, JSON.stringify(request), { reply: this.#inbox });
  }

  #takeStatus({ headers }: Msg): void {
    const { code = 0, description = "" } = headers ?? {};
    // Of a pull whose messages have all come the server may say so; they were counted.
    if (code === STATUS.heartbeat || description.startsWith("Batch Completed")) return;
    // The older pull is over: it has expired, or the next message does not fit into it.
    const isOver = code === STATUS.conflict && description.startsWith("Message Size Exceeds");
    if (code === STATUS.timeout || code === STATUS.notFound || isOver) {
      this.#pulls.shift();
      this.#refill();
    } else if (code === STATUS.badRequest) {
      this.end({ error: new NatsRefused(`NATS refused to deliver messages: ${description}`) });
    } else this.end(); // The consumer is gone, its leader has changed, the server stops.
  }

  #endIfSilent(): void {
    if (!this.#heard && this.#pulls.length > 0) this.end();
    this.#heard = false;
  }
}
