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

/** Knows which messages the log has, for longer than the log itself remembers their ids. */
export interface StoredIds {
  /**
   * Learns the ids of everything stored since then, and from now on. Resolves once what is stored by now is
   * known, however long the log is away.
   */
  follow(sinceMs: number, signal: AbortSignal): Promise<void>;
  /**
   * Learns the ids of everything that is stored by now and was not known: of the whole log the first time. For who
   * publishes much and would otherwise read all of it as it is stored.
   */
  catchUp(signal: AbortSignal): Promise<void>;
  has(msgId: string): boolean;
  /** Forgets all of it. */
  stop(): void;
}

/** How far a source is stored. Numberings are those of `Session`; a file has only one, 0. */
export type Place = {
  readonly position: number;
  readonly numbering: number;
  /** Wall-clock time, milliseconds since the epoch. */
  readonly savedAtMs: number;
};

/** Where to go on at a relay. */
export interface Places {
  /** What any shuffler has saved for this host last; null when there is nothing. */
  load(host: string): Promise<Place | null>;
  /** Relay time up to which events are in the log, whichever host they came from; null when it is empty. */
  storedTimeMs(): Promise<number | null>;
}

/** Keeps the places of sources between runs, shared by all that read them. */
export interface CursorStore {
  /**
   * Saves how far a host (a file: its name) is stored, unless a place further on is saved already.
   * @returns the greatest that is saved now: another shuffler may be ahead.
   */
  save(host: string, position: number, numbering: number): Promise<Place>;
}
