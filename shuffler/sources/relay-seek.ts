// Finds the position of an instant at a relay, for when no cursor is to be had: by halving between two
// positions, one short connection a step. A relay's times step back by a second at most, which the
// overlap of whoever asks covers.

import { RelayDisconnected, relayFrames } from "../adapters/relay-socket.ts";
import { decodeFrame, peekSeq } from "../decode/frame.ts";
import type { Clock } from "../ports.ts";

/** An answer this many positions too early is near enough. */
export const SEEK_SEQS = 500;
/** How long a relay has for the first event of a connection. */
export const SEEK_WAIT_MS = 10_000;

export type SeekOptions = {
  /** Of the subscription, without a cursor. */
  readonly url: URL;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly userAgent: string;
};

type Event = { readonly seq: number; readonly timeMs: number };

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
  const head = await firstEvent(options, null);
  if (head === null) return null;
  let low = fromSeq;
  let high = Math.max(low, head.seq);
  while (high - low > SEEK_SEQS) {
    const middle = Math.floor((low + high) / 2);
    const event = await firstEvent(options, middle);
    if (event === null) return null;
    if (event.timeMs < timeMs) low = Math.min(high, Math.max(middle, event.seq));
    else high = middle;
  }
  return low;
}

/** The first event a relay sends for a cursor. */
async function firstEvent(options: SeekOptions, cursor: number | null): Promise<Event | null> {
  const { signal, clock, userAgent } = options;
  const url = new URL(options.url);
  if (cursor !== null) url.searchParams.set("cursor", String(cursor));
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const read = firstOf(relayFrames(url.href, { signal: either, onOpen: () => {}, userAgent }));
  const late = clock.sleep(SEEK_WAIT_MS, either).then(() => null);
  try {
    return await Promise.race([read, late]);
  } finally {
    done.abort();
    await read.catch(() => {}); // It was told already, or came too late to be of interest.
  }
}

async function firstOf(batches: AsyncGenerator<Uint8Array[]>): Promise<Event | null> {
  for await (const frames of batches) {
    for (const frame of frames) {
      const event = eventOf(frame);
      if (event !== null) return event;
    }
  }
  return null;
}

/** @throws RelayDisconnected when the relay says that it will not serve us. */
function eventOf(frame: Uint8Array): Event | null {
  const message = decodeFrame(frame);
  if (message.kind === "error") throw new RelayDisconnected(`${message.name}: ${message.message}`);
  const seq = peekSeq(frame);
  return seq !== null && "timeMs" in message ? { seq, timeMs: message.timeMs } : null;
}
