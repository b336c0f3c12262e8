// The claims of the frames that wait for a decision, and what those behind the oldest say about it. Honest
// time never runs back by more than the network's jitter: frames that still have the old time disprove a jump.

import {
  BLOCK_FRAMES_MIN,
  BLOCK_POSITIONS,
  BLOCKS,
  LOCAL_FRAMES,
  NEAR_FRAMES,
  TOLERANCE_MS,
  WIDE_FRAMES,
} from "./limits.ts";
import { SortedBlock } from "./sorted-block.ts";

/** Frames of the blocks that are looked at and of the one that is decided, at the most; a power of two. */
export const RING_FRAMES = 2048;
const MASK = RING_FRAMES - 1;
/** Frames that are asked at the most, rounded up to a power of two. */
const RING_WIDE = 128;
/** As many blocks, and two more, rounded up to a power of two. */
const RING_BLOCKS = 64;
const BLOCK_MASK = RING_BLOCKS - 1;

/** What the next frames say to a claim. Frames behind the clock have no vote. */
export type Votes = {
  /** How many have a vote. */
  voters: number;
  /** How many of them are behind the claim by more than the tolerance. */
  against: number;
  /** The same among the next `NEAR_FRAMES`. */
  nearAgainst: number;
};

/** What the next `BLOCKS` blocks say, milliseconds; Infinity when they say nothing. */
export type LongView = {
  /** Lower quartile of the blocks' lower quartiles. */
  lowMs: number;
  /** Median of the blocks' medians, and how far those in the middle are apart. */
  medianMs: number;
  spreadMs: number;
};

export class LookAhead {
  readonly #claimsMs = new Float64Array(RING_FRAMES);
  readonly #blocks = Array.from({ length: RING_BLOCKS }, () => new SortedBlock());
  /** Numbers of the oldest frame and of the next one to come. */
  #head = 0;
  #end = 0;
  /** Numbers of the block of the oldest frame, and of the one that is being filled. */
  #headBlock = 0;
  #lastBlock = 0;
  #lastCut = Number.NaN;
  readonly #votes: Votes = { voters: 0, against: 0, nearAgainst: 0 };
  readonly #long: LongView = { lowMs: 0, medianMs: 0, spreadMs: 0 };
  /** For which block, and up to which one, `#long` was made. */
  #longOf = -1;
  #longTo = -1;
  readonly #least = new SlidingLeast(this.#claimsMs);
  readonly #lows = new Float64Array(BLOCKS);
  readonly #medians = new Float64Array(BLOCKS);

  get size(): number {
    return this.#end - this.#head;
  }

  /** Whether as many frames follow the oldest as a decision looks at. */
  get isFull(): boolean {
    return this.#lastBlock - this.#headBlock > BLOCKS || this.size >= RING_FRAMES;
  }

  /** Claim of the oldest frame. */
  get oldestMs(): number {
    return this.#claimsMs[this.#head & MASK] ?? Number.NaN;
  }

  /** @param position of the frame at its source: blocks are cut by it, so that every reader cuts alike */
  push(claimMs: number, position: number): void {
    const cut = Math.floor(position / BLOCK_POSITIONS);
    const last = this.#block(this.#lastBlock);
    const isStart = this.#lastCut !== cut && (last.count >= BLOCK_FRAMES_MIN || last.start === 0);
    if (last.count > 0 && (isStart || last.isFull)) {
      this.#lastBlock += 1;
      this.#block(this.#lastBlock).reset(this.#end);
    }
    this.#lastCut = cut;
    this.#block(this.#lastBlock).add(claimMs);
    this.#claimsMs[this.#end & MASK] = claimMs;
    this.#end += 1;
  }

  /** Lets go of the oldest frame. */
  shift(): void {
    this.#head += 1;
    if (this.#headBlock === this.#lastBlock) return;
    if (this.#head === this.#block(this.#headBlock + 1).start) this.#headBlock += 1;
  }

  /**
   * @param leastMs a frame below it has no vote @param frames of how many frames that follow
   * @param gapMs a frame that is so far beyond the claim has no vote: it is of behind a silence
   * @returns good until the next call
   */
  votes(claimMs: number, leastMs: number, frames: number, gapMs: number): Readonly<Votes> {
    const votes = this.#votes;
    const mostMs = claimMs - TOLERANCE_MS;
    const first = this.#head + 1;
    const end = Math.min(first + frames, this.#end);
    let voters = 0;
    let against = 0;
    votes.nearAgainst = 0;
    for (let i = first; i < end; i += 1) {
      if (i === first + NEAR_FRAMES) votes.nearAgainst = against;
      const otherMs = this.#claimsMs[i & MASK] ?? 0;
      if (otherMs < leastMs || otherMs > claimMs + gapMs) continue;
      voters += 1;
      if (otherMs < mostMs) against += 1;
    }
    if (end <= first + NEAR_FRAMES) votes.nearAgainst = against;
    votes.voters = voters;
    votes.against = against;
    return votes;
  }

  /** The least claim of the next `WIDE_FRAMES` frames; Infinity when there are none. */
  leastMs(): number {
    return this.#least.of(this.#head + 1, Math.min(this.#head + 1 + WIDE_FRAMES, this.#end));
  }

  /** Whether at least so many of the next `LOCAL_FRAMES` frames are not beyond `mostMs`. */
  hasUpTo(mostMs: number, count: number): boolean {
    const end = Math.min(this.#head + 1 + LOCAL_FRAMES, this.#end);
    let found = 0;
    for (let i = this.#head + 1; i < end && found < count; i += 1) {
      if ((this.#claimsMs[i & MASK] ?? 0) <= mostMs) found += 1;
    }
    return found === count;
  }

  /** How many of the next `LOCAL_FRAMES` frames are from `leastMs` to `mostMs`. */
  countBetween(leastMs: number, mostMs: number): number {
    const end = Math.min(this.#head + 1 + LOCAL_FRAMES, this.#end);
    let count = 0;
    for (let i = this.#head + 1; i < end; i += 1) {
      const otherMs = this.#claimsMs[i & MASK] ?? 0;
      if (otherMs >= leastMs && otherMs <= mostMs) count += 1;
    }
    return count;
  }

  /** Lower quartile of those of the next `LOCAL_FRAMES` frames from `leastMs` on; Infinity when there are none. */
  localQuartileMs(leastMs: number): number {
    const next: number[] = [];
    const end = Math.min(this.#head + 1 + LOCAL_FRAMES, this.#end);
    for (let i = this.#head + 1; i < end; i += 1) {
      const otherMs = this.#claimsMs[i & MASK] ?? 0;
      if (otherMs >= leastMs) next.push(otherMs);
    }
    next.sort((a, b) => a - b);
    return next[Math.floor(next.length / 4)] ?? Number.POSITIVE_INFINITY;
  }

  /** Made once for each block, with what is known at its first use. @returns good until the next call */
  longView(leastMs: number): Readonly<LongView> {
    const to = Math.min(this.#headBlock + BLOCKS, this.#lastBlock);
    if (this.#longOf === this.#headBlock && this.#longTo === to) return this.#long;
    this.#longOf = this.#headBlock;
    this.#longTo = to;
    let count = 0;
    for (let i = this.#headBlock + 1; i <= to; i += 1) {
      const block = this.#block(i);
      const first = block.firstVoter(leastMs);
      if (first < 0) continue;
      this.#lows[count] = block.quantile(first, 1 / 4);
      this.#medians[count] = block.quantile(first, 1 / 2);
      count += 1;
    }
    const lows = this.#lows.subarray(0, count).sort();
    const medians = this.#medians.subarray(0, count).sort();
    this.#long.lowMs = quantile(lows, 1 / 4);
    this.#long.medianMs = quantile(medians, 1 / 2);
    this.#long.spreadMs = quantile(medians, 9 / 16) - quantile(medians, 7 / 16);
    return this.#long;
  }

  #block(number: number): SortedBlock {
    // The mask keeps the index within the ring.
    return this.#blocks[number & BLOCK_MASK] as SortedBlock;
  }
}

/** The least of a range of frames that only moves on: each frame goes in and out once. */
class SlidingLeast {
  readonly #claimsMs: Float64Array;
  /** Numbers of frames in the range that no later one in it is below, in order. */
  readonly #frames = new Float64Array(RING_WIDE);
  #first = 0;
  #count = 0;
  #end = 0;

  constructor(claimsMs: Float64Array) {
    this.#claimsMs = claimsMs;
  }

  of(start: number, end: number): number {
    if (this.#end < start) {
      this.#end = start;
      this.#count = 0;
    }
    for (; this.#end < end; this.#end += 1) this.#add(this.#end);
    while (this.#count > 0 && this.#frame(0) < start) {
      this.#first += 1;
      this.#count -= 1;
    }
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#claimOf(this.#frame(0));
  }

  #add(frame: number): void {
    const claimMs = this.#claimOf(frame);
    while (this.#count > 0 && this.#claimOf(this.#frame(this.#count - 1)) >= claimMs) {
      this.#count -= 1;
    }
    this.#frames[(this.#first + this.#count) & (RING_WIDE - 1)] = frame;
    this.#count += 1;
  }

  #frame(at: number): number {
    return this.#frames[(this.#first + at) & (RING_WIDE - 1)] ?? 0;
  }

  #claimOf(frame: number): number {
    return this.#claimsMs[frame & MASK] ?? 0;
  }
}

/** Of values in order; Infinity when there are none. */
function quantile(values: Float64Array, part: number): number {
  return values[Math.floor(values.length * part)] ?? Number.POSITIVE_INFINITY;
}
