// Window arithmetic. A window is made of panes, the slices no window boundary cuts: a record is added to
// one pane, and a window is the merge of its panes (Li et al., "No pane, no gain", 2005).
//
//   size 10m, every 4m → panes of 2m:   |--|--|--|--|--|--|--|
//   windows start at multiples of 4m:   [0 ........ 10)
//                                             [4 ........ 14)

import type { HoppingWindow } from "../../plan/plan.ts";

/** Where the windows of one definition begin and end. All instants in milliseconds since the epoch. */
export interface Panes {
  /** Start of the pane that contains `timeMs`. */
  paneStart(timeMs: number): number;
  /** The least window end after `timeMs`: that of the first window that contains it. */
  firstEnd(timeMs: number): number;
  /** End of the last window that contains `timeMs` (start ≤ time < end). */
  lastEnd(timeMs: number): number;
  /** Start of the window that ends at `endMs`. */
  startOf(endMs: number): number;
}

/** Windows of a fixed length, aligned to the epoch. */
export class HoppingPanes implements Panes {
  readonly #sizeMs: number;
  readonly #everyMs: number;
  readonly #paneMs: number;

  constructor({ sizeMs, everyMs }: HoppingWindow) {
    this.#sizeMs = sizeMs;
    this.#everyMs = everyMs;
    this.#paneMs = greatestCommonDivisor(sizeMs, everyMs);
  }

  paneStart(timeMs: number): number {
    return floorTo(timeMs, this.#paneMs);
  }

  firstEnd(timeMs: number): number {
    return floorTo(timeMs - this.#sizeMs, this.#everyMs) + this.#everyMs + this.#sizeMs;
  }

  lastEnd(timeMs: number): number {
    return floorTo(timeMs, this.#everyMs) + this.#sizeMs;
  }

  startOf(endMs: number): number {
    return endMs - this.#sizeMs;
  }
}

/** The length of a pane, in the unit of size and hop. */
export function greatestCommonDivisor(size: number, every: number): number {
  let [a, b] = [size, every];
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** The greatest multiple of `step` that is at most `value`. */
export function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
