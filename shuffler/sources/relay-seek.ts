// Finds the position of an instant at a relay, for when no cursor is to be had: by halving between two
// positions, one short connection a step. A step goes by the median of some events, for any one may have a wrong
// time. A relay's times step back by a second at most, which the overlap of whoever asks covers.

import { RelayDisconnected, relayFrames } from "../adapters/relay-socket.ts";
import { decodeFrame, peekSequence } from "../decode/frame.ts";
import type { Clock } from "../ports.ts";
import { MEDIAN_EVENTS, RecentTimes } from "./recent-times.ts";
import { SEQ_MAX } from "./seq-mark.ts";

/** An answer this many positions too early is near enough. */
export const SEEK_SEQS = 500;
/** How long a relay has for the first event of a connection. */
export const SEEK_WAIT_MS = 10_000;
/** How long more are waited for behind the first. */
export const SEEK_MORE_WAIT_MS = 1000;

export type SeekOptions = {
  /** Of the subscription, without a cursor. */
  readonly url: URL;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly userAgent: string;
};

/** Where the events begin that a relay sends for a cursor, and about when they happened. */
type Probe = { readonly seq: number; readonly timeMs: number };

/**
 * A position, at least `fromSeq`, behind which everything stands that the relay dates `timeMs` or later.
 * @returns null when the relay gives no event in time: then nothing is known.
 * @throws RelayDisconnected
 */
export async function seekTime(
  options: SeekOptions,
  fromSeq: number,
  timeMs: number,
): Promise<number | null> {
  const head = await probe(options, null, 1);
  if (head === null) return null;
  let low = fromSeq;
  let high = Math.max(low, head.seq);
  while (high - low > SEEK_SEQS) {
    const middle = Math.floor((low + high) / 2);
    const found = await probe(options, middle, MEDIAN_EVENTS);
    if (found === null) return null;
    if (found.timeMs < timeMs) low = Math.min(high, Math.max(middle, found.seq));
    else high = middle;
  }
  return low;
}

/** The seq of the relay's present; null when no event comes in time, or no connection about. */
export async function headSeq(options: SeekOptions): Promise<number | null> {
  try {
    return (await probe(options, null, 1))?.seq ?? null;
  } catch (error) {
    if (error instanceof RelayDisconnected) return null;
    throw error;
  }
}

/** @param events how many to look at: fewer when no more come soon. @returns null when none comes in time */
async function probe(
  options: SeekOptions,
  cursor: number | null,
  events: number,
): Promise<Probe | null> {
  const { signal, clock, userAgent } = options;
  const url = new URL(options.url);
  if (cursor !== null) url.searchParams.set("cursor", String(cursor));
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const found = new Found(events);
  const read = found.read(relayFrames(url.href, { signal: either, onOpen: () => {}, userAgent }));
  const late = clock.sleep(SEEK_WAIT_MS, either);
  const enough = found.first.then(async () => await clock.sleep(SEEK_MORE_WAIT_MS, either));
  try {
    await Promise.race([read, late, enough]);
    return found.probe;
  } finally {
    done.abort();
    await read.catch(() => {}); // It was told already, or came too late to be of interest.
  }
}

/** The first events of a connection. */
class Found {
  readonly #events: number;
  readonly #times = new RecentTimes();
  readonly #first = Promise.withResolvers<void>();
  #seq: number | null = null;

  constructor(events: number) {
    this.#events = events;
  }

  /** Resolves with the first event. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  get probe(): Probe | null {
    const timeMs = this.#times.medianMs;
    return this.#seq === null || timeMs === null ? null : { seq: this.#seq, timeMs };
  }

  /** @throws RelayDisconnected, also when the relay says that it will not serve us. */
  async read(batches: AsyncGenerator<Uint8Array[]>): Promise<void> {
    for await (const frames of batches) {
      for (const frame of frames) {
        this.#take(frame);
        if (this.#times.count >= this.#events) return;
      }
    }
  }

  #take(frame: Uint8Array): void {
    const found = peekSequence(frame);
    if (found === null) {
      const message = decodeFrame(frame);
      if (message.kind === "error") {
        throw new RelayDisconnected(`${message.name}: ${message.message}`);
      }
      return;
    }
    if (!found.isKnown || found.seq > SEQ_MAX) return;
    this.#times.add(frame);
    if (this.#times.count === 0) return;
    this.#seq ??= found.seq;
    this.#first.resolve();
  }
}
