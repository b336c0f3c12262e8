// The claims of some frames that follow one another, in order of size.

import { BLOCK_FRAMES_MIN, BLOCK_POSITIONS, BLOCK_VOTERS_MIN } from "./limits.ts";

/** A block is cut at the first multiple of `BLOCK_POSITIONS` behind `BLOCK_FRAMES_MIN`. */
const FRAMES_MAX = BLOCK_FRAMES_MIN + BLOCK_POSITIONS;

export class SortedBlock {
  readonly #claimsMs = new Float64Array(FRAMES_MAX);
  /** Number of its first frame. */
  start = 0;
  count = 0;
  /** So many of the first are in order. */
  #sorted = 0;

  get isFull(): boolean {
    return this.count === FRAMES_MAX;
  }

  reset(start: number): void {
    this.start = start;
    this.count = 0;
    this.#sorted = 0;
  }

  add(claimMs: number): void {
    this.#claimsMs[this.count] = claimMs;
    this.count += 1;
  }

  /** Only when one is asked for: at the present of a live source nobody does. */
  #sort(): void {
    const claimsMs = this.#claimsMs;
    for (; this.#sorted < this.count; this.#sorted += 1) {
      const claimMs = claimsMs[this.#sorted] ?? 0;
      let at = this.#sorted;
      // From the end: claims are nearly in order.
      for (; at > 0 && (claimsMs[at - 1] ?? 0) > claimMs; at -= 1) {
        claimsMs[at] = claimsMs[at - 1] ?? 0;
      }
      claimsMs[at] = claimMs;
    }
  }

  /** Index of the first claim that is not below `leastMs`; -1 when too few are. */
  firstVoter(leastMs: number): number {
    this.#sort();
    let first = 0;
    while (first < this.count && (this.#claimsMs[first] ?? 0) < leastMs) first += 1;
    return this.count - first < BLOCK_VOTERS_MIN ? -1 : first;
  }

  /** The claim below which a part (0 to 1) of the claims from `first` on are, behind a call of `firstVoter`. */
  quantile(first: number, part: number): number {
    return this.#claimsMs[first + Math.floor((this.count - first) * part)] ?? Number.NaN;
  }
}
