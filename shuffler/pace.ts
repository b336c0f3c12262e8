// Replays a recording in its own time: an event is due when as much time has passed as lay between it
// and the first one, divided by the speed.

import type { Clock } from "./ports.ts";

/**
 * Longest pause between two events. A repo export has gaps of months, which nobody wants to wait for;
 * behind a longer gap the replay goes on from there.
 */
export const PAUSE_MS_MAX = 60_000;

/** How fast: a factor of the recording's own time, or as fast as it goes. */
export type Speed = number | "max";

export class Pacer {
  readonly #speed: Speed;
  readonly #clock: Clock;
  #anchor: { readonly wallMs: number; readonly eventMs: number } | null = null;

  /** @param speed greater than 0. */
  constructor(speed: Speed, clock: Clock) {
    this.#speed = speed;
    this.#clock = clock;
  }

  /** An event time of -Infinity (none yet) is due at once. Waits until the event of `eventMs` is due, or the signal aborts. */
  async until(eventMs: number, signal: AbortSignal): Promise<void> {
    if (this.#speed === "max" || !Number.isFinite(eventMs)) return;
    const wallMs = this.#clock.now();
    this.#anchor ??= { wallMs, eventMs };
    const dueMs = this.#anchor.wallMs + (eventMs - this.#anchor.eventMs) / this.#speed;
    const pauseMs = Math.min(dueMs - wallMs, PAUSE_MS_MAX);
    if (dueMs - wallMs > PAUSE_MS_MAX) this.#anchor = { wallMs: wallMs + pauseMs, eventMs };
    if (pauseMs >= 1) await this.#clock.sleep(pauseMs, signal);
  }
}
