// What the shuffler needs from the outside: a clock, somewhere to publish, somewhere to keep its cursor.

import type { ShuffledMessage } from "./shuffled-message.ts";

/** Wall-clock time: for pacing, reconnecting and refusing absurd relay times, never for an answer. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Publishes to the log, retrying what is safe to retry. Message ids make a repeat harmless. */
export interface Publisher {
  /**
   * Waits until there is room for one more message in flight, then sends it.
   * @returns `stored`, which resolves when the log has the message (or had it already), and rejects
   * when it is given up. It is wrapped so that awaiting the room does not await the storing.
   * Messages of one subject must be stored in the order they were sent in. Once `signal` has aborted
   * it sends no more: it rejects, and so does what is still in flight after a while.
   */
  publish(
    message: ShuffledMessage,
    signal: AbortSignal,
  ): Promise<{ readonly stored: Promise<void> }>;
}

/** Keeps the position of one source between runs. */
export interface CursorStore {
  /** The position saved last; null when there is none. */
  load(): Promise<number | null>;
  save(position: number): Promise<void>;
}
