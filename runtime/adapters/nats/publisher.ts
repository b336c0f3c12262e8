// Publishes single messages as fast as their acks come in: a bounded number in flight, each sent again
// until it is acked. Its message id makes a repetition harmless. In order, as long as the server does not
// turn single messages away.

import { createInbox, type NatsConnection, type Subscription } from "@nats-io/transport-node";
import { HEADER } from "../../../plan/names.ts";
import { LogUnavailable } from "../../ports.ts";
import { errorMessage } from "../nats-server/error-message.ts";
import { readAck } from "./ack.ts";
import { NatsRefused } from "./errors.ts";
import { toNatsHeaders } from "./headers.ts";
import { Link } from "./link.ts";
import { backoffMs, isOutage } from "./retry.ts";

export type Publication = {
  readonly subject: string;
  /** `Nats-Msg-Id`: the server stores one message of an id within its window. */
  readonly msgId: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
};

/** `seq` is 0 for a duplicate that was found by its id alone. */
export type Acked = { readonly seq: number; readonly duplicate: boolean };

/** A message that is on its way. */
export type InFlight = {
  /** @throws NatsRefused, or LogUnavailable when the publisher or its connection is closed first */
  readonly acked: Promise<Acked>;
};

/** Tells what the stream has stored for longer than the server remembers. */
export type Stored = {
  /** Resolves when it is known what was stored since then. */
  follow(sinceMs: number, signal: AbortSignal): Promise<void>;
  has(msgId: string): boolean;
  stop(): void;
};

export type PublisherOptions = {
  /** Messages sent and not acked, at most. */
  readonly inFlightMax?: number;
  /** Asked before a message is sent again that may be stored for longer than the window. */
  readonly stored?: { readonly ids: Stored; readonly windowMs: number };
};

const IN_FLIGHT_MAX_DEFAULT = 256;
const ACK_TIMEOUT_MS = 5000;
const SWEEP_MS = 50;
/** By how much the server's clock and ours may differ. */
const CLOCKS_APART_MS_MAX = 60_000;

type Entry = {
  readonly publication: Publication;
  readonly resolve: (acked: Acked) => void;
  readonly reject: (error: Error) => void;
  tries: number;
  /** When it is sent again, on the clock of `performance.now()`. */
  dueMs: number;
  /** When it was given to us, and when it was last known not to be stored; on the wall clock. */
  readonly sinceMs: number;
  checkedMs: number;
};

export class NatsPublisher implements AsyncDisposable {
  readonly #nc: NatsConnection;
  readonly #link: Link;
  readonly #inFlightMax: number;
  readonly #inbox = createInbox();
  readonly #acks: Subscription;
  readonly #stopListening: () => void;
  readonly #sweeper: NodeJS.Timeout;
  /** By ack token, in the order of sending. */
  readonly #entries = new Map<string, Entry>();
  readonly #waiting: (() => void)[] = [];
  #idle: (() => void)[] = [];
  #sent = 0;
  /** Under way while the stream is asked what it has stored; nothing is sent meanwhile. */
  #lookingUp: Promise<void> | null = null;
  readonly #stored: PublisherOptions["stored"];
  readonly #stopped = new AbortController();
  #disposed = false;
  /** Messages that the stream had already. */
  duplicates = 0;
  /** Messages sent again because no answer came. */
  resends = 0;

  constructor(nc: NatsConnection, options: PublisherOptions = {}) {
    this.#nc = nc;
    this.#link = new Link(nc);
    this.#inFlightMax = options.inFlightMax ?? IN_FLIGHT_MAX_DEFAULT;
    this.#stored = options.stored;
    const callback = (error: Error | null, message: Parameters<typeof readAck>[0]) => {
      if (error === null) this.#onAck(message);
    };
    this.#acks = nc.subscribe(`${this.#inbox}.*`, { callback });
    this.#stopListening = this.#link.onRestored(() => this.#resend(Number.POSITIVE_INFINITY));
    void nc.closed().then(() => this.#giveUp());
    this.#sweeper = setInterval(() => this.#resend(performance.now()), SWEEP_MS).unref();
  }

  /** Messages sent and not acked. */
  get inFlight(): number {
    return this.#entries.size;
  }

  /** Waits until the message may be sent and sends it; `acked` of the result tells when it is stored. */
  async enqueue(publication: Publication): Promise<InFlight> {
    while (this.#entries.size >= this.#inFlightMax && !this.#disposed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#disposed) throw new LogUnavailable("the publisher is closed");
    const acked = new Promise<Acked>((resolve, reject) => {
      const nowMs = Date.now();
      const times = { dueMs: 0, sinceMs: nowMs, checkedMs: nowMs };
      const entry = { publication, resolve, reject, tries: 0, ...times };
      const token = (this.#sent++).toString(36);
      this.#entries.set(token, entry);
      this.#send(token, entry);
    });
    return { acked };
  }

  /** Resolves when the message is stored. @throws as `InFlight.acked` */
  async publish(publication: Publication): Promise<Acked> {
    return await (await this.enqueue(publication)).acked;
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    if (this.#entries.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Gives up what is not acked; await `idle` first to lose nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#acks.unsubscribe();
    this.#giveUp();
  }

  #giveUp(): void {
    this.#disposed = true;
    this.#stopped.abort();
    clearInterval(this.#sweeper);
    this.#stopListening();
    for (const [token, entry] of this.#entries) {
      this.#settle(token, () => entry.reject(new LogUnavailable("closed before it was acked")));
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #send(token: string, entry: Entry): void {
    entry.dueMs = performance.now() + ACK_TIMEOUT_MS;
    // Sent when the connection is back, or it is known what is stored.
    if (!this.#link.up || this.#lookingUp !== null) return;
    const { subject, msgId, headers, payload } = entry.publication;
    try {
      const withId = toNatsHeaders(headers);
      withId.set(HEADER.msgId, msgId);
      this.#nc.publish(subject, payload, { headers: withId, reply: `${this.#inbox}.${token}` });
    } catch (error) {
      if (isOutage(error)) return;
      this.#refuse(token, entry, errorMessage(error));
    }
  }

  /** Sends everything again that is due at `nowMs`, in the first order. */
  #resend(nowMs: number): void {
    const due = [...this.#entries].filter(([, entry]) => entry.dueMs <= nowMs);
    if (due.some(([, entry]) => this.#isForgotten(entry))) this.#lookUp();
    else this.#sendAgain(due);
  }

  #sendAgain(due: Iterable<[string, Entry]>): void {
    for (const [token, entry] of due) {
      this.resends += 1;
      this.#send(token, entry);
    }
  }

  /** Whether the server, had it stored the message, might no longer know. */
  #isForgotten({ checkedMs }: Entry): boolean {
    if (this.#stored === undefined) return false;
    return Date.now() - checkedMs > this.#stored.windowMs / 2;
  }

  /** Asks the stream what it has of all that is in flight, then sends the rest again in order. */
  #lookUp(): void {
    if (this.#lookingUp !== null || !this.#link.up) return;
    this.#lookingUp = this.#settleStored()
      .then(
        () => true,
        () => false, // Not known: it is asked again at the next sweep.
      )
      .then((known) => {
        this.#lookingUp = null;
        if (known && !this.#disposed) this.#sendAgain(this.#entries);
      });
  }

  async #settleStored(): Promise<void> {
    const ids = this.#stored?.ids;
    if (ids === undefined) return;
    const nowMs = Date.now();
    const sinceMs = Math.min(...[...this.#entries.values()].map((entry) => entry.sinceMs));
    await ids.follow(sinceMs - CLOCKS_APART_MS_MAX, this.#stopped.signal);
    for (const [token, entry] of this.#entries) {
      entry.checkedMs = nowMs;
      if (ids.has(entry.publication.msgId)) this.#settleDuplicate(token, entry, 0);
    }
    ids.stop();
  }

  #settleDuplicate(token: string, entry: Entry, seq: number): void {
    this.duplicates += 1;
    this.#settle(token, () => entry.resolve({ seq, duplicate: true }));
  }

  #onAck(message: Parameters<typeof readAck>[0]): void {
    const token = message.subject.slice(this.#inbox.length + 1);
    const entry = this.#entries.get(token);
    if (entry === undefined) return; // Acked before: this answers a repetition.
    const ack = readAck(message);
    switch (ack.kind) {
      case "stored":
        if (ack.duplicate) this.#settleDuplicate(token, entry, ack.seq);
        else this.#settle(token, () => entry.resolve({ seq: ack.seq, duplicate: false }));
        return;
      case "unsure":
        entry.tries += 1;
        entry.dueMs = performance.now() + backoffMs(entry.tries);
        return;
      case "fenced":
        this.#refuse(token, entry, "an expectation in its headers does not hold");
        return;
      case "refused":
        this.#refuse(token, entry, ack.reason);
        return;
    }
  }

  #refuse(token: string, { publication, reject }: Entry, reason: string): void {
    const message = `NATS refused a message on ${publication.subject}: ${reason}`;
    this.#settle(token, () => reject(new NatsRefused(message)));
  }

  #settle(token: string, tell: () => void): void {
    this.#entries.delete(token);
    tell();
    this.#waiting.shift()?.();
    if (this.#entries.size > 0) return;
    for (const wake of this.#idle.splice(0)) wake();
  }
}
