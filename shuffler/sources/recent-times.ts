// About when the last events of a relay happened. Each says its host's time, which may be wrong; the median of
// some is not.

import { peekTimeMs } from "../decode/peek-time.ts";

/** Events whose median counts. */
export const MEDIAN_EVENTS = 31;

export class RecentTimes {
  readonly #timesMs: number[] = [];
  #next = 0;

  get count(): number {
    return this.#timesMs.length;
  }

  /** Median of the last `MEDIAN_EVENTS`, the earlier of the two in the middle; null before the first. */
  get medianMs(): number | null {
    const sorted = this.#timesMs.toSorted((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
  }

  /** A frame without a time counts for nothing. */
  add(frame: Uint8Array): void {
    const timeMs = peekTimeMs(frame);
    if (timeMs === null) return;
    this.#timesMs[this.#next] = timeMs;
    this.#next = (this.#next + 1) % MEDIAN_EVENTS;
  }
}
