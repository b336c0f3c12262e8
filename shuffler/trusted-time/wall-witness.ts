// Compares our wall clock with what arrives from a live source. A wall clock that most frames agree with is the
// best witness there is: it says at once which claims are ahead.

import {
  DOUBT_FRAMES,
  DOUBT_MS,
  FRESH_MS,
  WALL_TOLERANCE_MS,
  WITNESS_FRAMES,
  WITNESS_FRAMES_MIN,
} from "./limits.ts";

/** Part of the frames that come later than a quiet source's clock allows for. */
const SLOW_PART = 0.1;
/** At the start this part of the frames has to be ahead of a wall clock that is not trusted. */
const DISPROVED_PART = 0.75;

/** An offset is a claim less the wall-clock time at its arrival, milliseconds: usually a little below 0. */
export class WallWitness {
  readonly #offsetsMs = new Float64Array(WITNESS_FRAMES);
  #count = 0;
  #next = 0;
  /** Of the offsets kept, those ahead of the wall clock, and those that are not old. */
  #ahead = 0;
  #fresh = 0;
  #isTrusted = true;
  /** Frames, and the time of the first, since when they have spoken against the present belief. */
  #doubts = 0;
  #doubtSinceMs = 0;
  #medianMs = 0;
  #slowMs = 0;
  /** Frames since the quantiles were made. */
  #added = 0;

  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  /** Whether the frames that arrive have just happened, by a wall clock that is trusted. */
  get isLive(): boolean {
    return this.#isTrusted && this.#count > 0 && 2 * this.#fresh > this.#count;
  }

  /** Offset that events arriving now usually have, at most 0. */
  get usualMs(): number {
    this.#renew();
    return Math.min(0, this.#medianMs);
  }

  /** Offset of events that take long, at most 0; what is older than `FRESH_MS` is not waited for. */
  get slowMs(): number {
    this.#renew();
    return Math.max(-FRESH_MS, Math.min(0, this.#slowMs));
  }

  note(claimMs: number, wallMs: number): void {
    const offsetMs = claimMs - wallMs;
    if (this.#count === WITNESS_FRAMES) this.#tally(this.#offsetsMs[this.#next] ?? 0, -1);
    else this.#count += 1;
    this.#offsetsMs[this.#next] = offsetMs;
    this.#tally(offsetMs, 1);
    this.#next = this.#next + 1 === WITNESS_FRAMES ? 0 : this.#next + 1;
    this.#added += 1;
    this.#doubt(wallMs);
  }

  /** The first frames have come: from now on the belief changes slowly. */
  begin(): void {
    if (this.#count < WITNESS_FRAMES_MIN) return;
    this.#isTrusted = this.#ahead <= DISPROVED_PART * this.#count;
  }

  /** Everything that was waiting has come: what was old is not the present. */
  forgetOld(): void {
    if (2 * this.#fresh > this.#count) return;
    this.#count = 0;
    this.#next = 0;
    this.#ahead = 0;
    this.#fresh = 0;
    this.#added = 0;
  }

  #tally(offsetMs: number, by: number): void {
    if (offsetMs > WALL_TOLERANCE_MS) this.#ahead += by;
    if (offsetMs >= -FRESH_MS) this.#fresh += by;
  }

  #doubt(wallMs: number): void {
    if (2 * this.#ahead > this.#count !== this.#isTrusted) {
      this.#doubts = 0;
      return;
    }
    if (this.#doubts === 0) this.#doubtSinceMs = wallMs;
    this.#doubts += 1;
    if (this.#doubts <= DOUBT_FRAMES || wallMs - this.#doubtSinceMs <= DOUBT_MS) return;
    this.#isTrusted = !this.#isTrusted;
    this.#doubts = 0;
  }

  #renew(): void {
    const isGrowing = this.#count < WITNESS_FRAMES;
    if (isGrowing ? 2 * this.#added <= this.#count : this.#added < WITNESS_FRAMES) return;
    this.#added = 0;
    const sorted = this.#offsetsMs.slice(0, this.#count).sort();
    this.#medianMs = sorted[Math.floor(this.#count / 2)] ?? 0;
    this.#slowMs = sorted[Math.floor(this.#count * SLOW_PART)] ?? 0;
  }
}
