// How a task spends its time: waiting for input, waiting for the log to take what it commits, and the rest,
// which is work. Times are for people only; nothing is decided by them.

import type { Clock } from "../ports.ts";

/** Milliseconds since the task began. */
export type TaskTimes = {
  readonly totalMs: number;
  /** Waiting for input. */
  readonly idleMs: number;
  /** Waiting for the log, the wait under way included. */
  readonly blockedMs: number;
};

/** How often a task that waits for the log says so. */
export const BLOCKED_REPORT_MS = 1000;

export class Meter {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #tell: () => void;
  #idleMs = 0;
  #blockedMs = 0;
  #blockedSinceMs: number | null = null;

  /** @param tell called now and then while the log does not answer */
  constructor(clock: Clock, tell: () => void) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#tell = tell;
  }

  times(): TaskTimes {
    const nowMs = this.#clock.now();
    const waitMs = this.#blockedSinceMs === null ? 0 : nowMs - this.#blockedSinceMs;
    const blockedMs = this.#blockedMs + waitMs;
    return { totalMs: nowMs - this.#startMs, idleMs: this.#idleMs, blockedMs };
  }

  /** The outcome of `work`, whose time counts as idle. */
  async idle<T>(work: Promise<T>): Promise<T> {
    const sinceMs = this.#clock.now();
    try {
      return await work;
    } finally {
      this.#idleMs += this.#clock.now() - sinceMs;
    }
  }

  /** The outcome of `work`, whose time counts as blocked. */
  async blocked<T>(work: Promise<T>): Promise<T> {
    this.#blockedSinceMs = this.#clock.now();
    const telling = setInterval(this.#tell, BLOCKED_REPORT_MS);
    try {
      return await work;
    } finally {
      clearInterval(telling);
      this.#blockedMs = this.times().blockedMs;
      this.#blockedSinceMs = null;
    }
  }
}
