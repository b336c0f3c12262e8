// Publishes single messages as fast as their acks come in: a bounded number in flight, each sent again
// until it is acked. Its message id makes a repetition harmless.
//
// Messages are sent together, once a turn of the event loop: that many of them cost one write here and one
// read in the server, which is most of what a message costs either.
//
// In order: when one is turned away or not answered, nothing more is sent but the first that is not stored,
// alone, until it is; then all the rest. So only what was on its way together can overtake one another, when
// the stream changes its leader in its midst.

import {
  createInbox,
  type Msg,
  type NatsConnection,
  type Subscription,
} from "@nats-io/transport-node";
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
  /** Sequence number at its relay, where it has one: goes out as a header too. */
  readonly relaySeq?: number;
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

/** By default. An ack takes a few milliseconds, more of them across zones. */
export const IN_FLIGHT_MAX_DEFAULT = 1024;
/** Messages that do not wait for the others of their turn. */
const UNSENT_MAX = 64;
const ACK_TIMEOUT_MS = 5000;
const SWEEP_MS = 50;
/** A copy of a message that is on its way to the replicas has got there or failed by then, mostly. */
const IN_PROCESS_MS = 100;
/** By how much the server's clock and ours may differ. */
const CLOCKS_APART_MS_MAX = 60_000;

type Entry = {
  readonly publication: Publication;
  readonly resolve: (acked: Acked) => void;
  readonly reject: (error: Error) => void;
  /** When it counts as lost, on the clock of `performance.now()`; 0 before it is sent. */
  lostMs: number;
  /** When it was given to us, and when it was last known not to be stored; on the wall clock. */
  readonly sinceMs: number;
  checkedMs: number;
};

/** While something is not stored that was sent. */
type Hold = {
  tries: number;
  /** When the first message is sent again. */
  dueMs: number;
  /** That message, once it is. */
  probe: number | null;
};

export class NatsPublisher implements AsyncDisposable {
  readonly #nc: NatsConnection;
  readonly #link: Link;
  readonly #inFlightMax: number;
  readonly #inbox = createInbox();
  readonly #acks: Subscription;
  readonly #stopListening: () => void;
  readonly #sweeper: NodeJS.Timeout;
  /** By ack token, in the order they were given to us, which is that of the tokens. */
  readonly #entries = new Map<number, Entry>();
  /** Those to be sent at the end of this turn. */
  #unsent: [number, Entry][] = [];
  #flushing: NodeJS.Immediate | null = null;
  #hold: Hold | null = null;
  readonly #waiting: (() => void)[] = [];
  #idle: (() => void)[] = [];
  #given = 0;
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
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) this.#onAck(message);
    };
    this.#acks = nc.subscribe(`${this.#inbox}.*`, { callback });
    this.#stopListening = this.#link.onRestored(() => this.#holdBack(0));
    void nc.closed().then(() => this.#giveUp());
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Messages given to us and not acked. */
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
      const times = { lostMs: 0, sinceMs: nowMs, checkedMs: nowMs };
      this.#take({ publication, resolve, reject, ...times });
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
    this.#unsent = [];
    for (const [token, entry] of this.#entries) {
      this.#settle(token, () => entry.reject(new LogUnavailable("closed before it was acked")));
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #take(entry: Entry): void {
    const token = this.#given++;
    this.#entries.set(token, entry);
    if (this.#hold !== null) return; // It is sent when the hold is over.
    this.#unsent.push([token, entry]);
    if (this.#unsent.length >= UNSENT_MAX) this.#flush();
    else this.#flushing ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#flushing = null;
    const unsent = this.#unsent;
    this.#unsent = [];
    // Without a connection nothing is kept that is written: a hold begins when it is back.
    if (this.#hold !== null || !this.#link.up) return;
    for (const [token, entry] of unsent) this.#send(token, entry);
  }

  #send(token: number, entry: Entry): void {
    if (entry.lostMs > 0) this.resends += 1;
    entry.lostMs = performance.now() + ACK_TIMEOUT_MS;
    const { subject, headers, payload } = entry.publication;
    try {
      const all = toNatsHeaders(headers, ownHeaders(entry.publication));
      this.#nc.publish(subject, payload, { headers: all, reply: `${this.#inbox}.${token}` });
    } catch (error) {
      if (isOutage(error)) return;
      this.#refuse(token, entry, errorMessage(error));
    }
  }

  /** Sends nothing but the first message, and that after a while. */
  #holdBack(waitMs: number): void {
    this.#unsent = [];
    const tries = this.#hold?.tries ?? 0;
    this.#hold = { tries: tries + 1, dueMs: performance.now() + waitMs, probe: null };
    if (waitMs === 0) this.#sweep();
  }

  /** Sends everything in order: the log takes messages again. */
  #release(): void {
    this.#hold = null;
    for (const [token, entry] of this.#entries) this.#send(token, entry);
  }

  /** Sends the first message again when it is due. The others were sent after it, or not at all. */
  #sweep(): void {
    const [first] = this.#entries;
    if (first === undefined) {
      this.#hold = null;
      return;
    }
    const [, entry] = first;
    const nowMs = performance.now();
    if (this.#hold === null && entry.lostMs > 0 && entry.lostMs <= nowMs) this.#holdBack(0);
    else if (this.#hold !== null && this.#hold.dueMs <= nowMs) this.#probe(this.#hold, first);
  }

  #probe(hold: Hold, [token, entry]: [number, Entry]): void {
    if (!this.#link.up || this.#lookingUp !== null) return;
    hold.probe = null;
    if (this.#isForgotten(entry)) {
      this.#lookUp();
      return;
    }
    hold.probe = token;
    hold.dueMs = performance.now() + ACK_TIMEOUT_MS;
    this.#send(token, entry);
  }

  /** Whether the server, had it stored the message, might no longer know. */
  #isForgotten({ checkedMs }: Entry): boolean {
    if (this.#stored === undefined) return false;
    return Date.now() - checkedMs > this.#stored.windowMs / 2;
  }

  /** Asks the stream what it has of all that is in flight, then sends the rest again in order. */
  #lookUp(): void {
    this.#lookingUp = this.#settleStored()
      .then(
        () => true,
        () => false, // Not known: it is asked again at the next sweep.
      )
      .then((known) => {
        this.#lookingUp = null;
        if (known && !this.#disposed) this.#release();
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

  #settleDuplicate(token: number, entry: Entry, seq: number): void {
    this.duplicates += 1;
    this.#settle(token, () => entry.resolve({ seq, duplicate: true }));
  }

  #onAck(message: Msg): void {
    const token = Number(message.subject.slice(this.#inbox.length + 1));
    const entry = this.#entries.get(token);
    if (entry === undefined) return; // Acked before: this answers a repetition.
    const ack = readAck(message);
    switch (ack.kind) {
      case "stored":
        if (ack.duplicate) this.#settleDuplicate(token, entry, ack.seq);
        else this.#settle(token, () => entry.resolve({ seq: ack.seq, duplicate: false }));
        return;
      case "unsure":
        if (ack.inProcess === true) {
          this.#askAgain(token, entry);
          return;
        }
        // While it is held back only the answer to the message that was sent alone tells how things stand.
        if (this.#hold === null || this.#hold.probe === token)
          this.#holdBack(backoffMs((this.#hold?.tries ?? 0) + 1));
        return;
      case "fenced":
        this.#refuse(token, entry, "an expectation in its headers does not hold");
        return;
      case "refused":
        this.#refuse(token, entry, ack.reason);
        return;
    }
  }

  /** Another shuffler's copy is being stored: how that ended is asked soon, and the others need not wait. */
  #askAgain(token: number, entry: Entry): void {
    setTimeout(() => {
      if (this.#entries.has(token)) this.#send(token, entry);
    }, IN_PROCESS_MS).unref();
  }

  #refuse(token: number, { publication, reject }: Entry, reason: string): void {
    const message = `NATS refused a message on ${publication.subject}: ${reason}`;
    this.#settle(token, () => reject(new NatsRefused(message)));
  }

  #settle(token: number, tell: () => void): void {
    this.#entries.delete(token);
    tell();
    this.#waiting.shift()?.();
    if (this.#hold?.probe === token) this.#release();
    if (this.#entries.size > 0) return;
    for (const wake of this.#idle.splice(0)) wake();
  }
}

function ownHeaders({ msgId, relaySeq }: Publication): (readonly [string, string])[] {
  const id = [HEADER.msgId, msgId] as const;
  return relaySeq === undefined ? [id] : [id, [HEADER.relaySeq, String(relaySeq)]];
}
