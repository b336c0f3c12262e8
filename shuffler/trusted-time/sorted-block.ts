// The claims of some frames that follow one another, in order of size.

import { BLOCK_FRAMES_MIN, BLOCK_POSITIONS, BLOCK_VOTERS_MIN } from "./limits.ts";

/** A block is cut at the first multiple of `BLOCK_POSITIONS` behind `BLOCK_FRAMES_MIN`. */
const FRAMES_MAX = BLOCK_FRAMES_MIN + BLOCK_POSITIONS;

export class SortedBlock {
  readonly #claimsMs = new Float64Array(FRAMES_MAX);
  /** Number of its first frame. */
  start = 0;
  count = 0;

  get isFull(): boolean {
    return this.count === FRAMES_MAX;
  }

  reset(start: number): void {
    this.start = start;
    this.count = 0;
  }

  add(claimMs: number): void {
    const claimsMs = this.#claimsMs;
    let at = this.count;
    // From the end: claims are nearly in order.
    for (; at > 0 && (claimsMs[at - 1] ?? 0) > claimMs; at -= 1) {
      claimsMs[at] = claimsMs[at - 1] ?? 0;
    }
    claimsMs[at] = claimMs;
    this.count += 1;
  }

  /** Index of the first claim that is not below `leastMs`; -1 when too few are. */
  firstVoter(leastMs: number): number {
    let first = 0;
    while (first < this.count && (this.#claimsMs[first] ?? 0) < leastMs) first += 1;
    return this.count - first < BLOCK_VOTERS_MIN ? -1 : first;
  }

  /** The claim below which a part (0 to 1) of the claims from `first` on are. */
  quantile(first: number, part: number): number {
    return this.#claimsMs[first + Math.floor((this.count - first) * part)] ?? Number.NaN;
  }
}
