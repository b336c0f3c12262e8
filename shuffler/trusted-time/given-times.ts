// Frames that a source gives again: after a reconnect, or where recordings that overlap are joined. They have the
// times of the first giving, and no say in those of others: behind the last frame of one recording the first ones of
// the next would speak against it.
//
// A table without chains: a frame that lies in a taken slot takes it over, and what lay there is not known again.
// Frames of one time, length and end are taken for one; their times are the same in any case.

/** Frames that are remembered, and times: several times what a relay repeats after a reconnect. */
const SLOTS = 32_768;
const TAIL_BYTES = 8;

/** What `note` answers for a frame that is new. */
export const NEW_FRAME = -1;

export class GivenTimes {
  readonly #claimsMs = new Float64Array(SLOTS).fill(Number.NaN);
  readonly #marks = new Int32Array(SLOTS);
  /** By slot: the number of the frame that lies there, counted from 0. */
  readonly #numbers = new Float64Array(SLOTS);
  /** By the number of a frame modulo the length. */
  readonly #timesMs = new Float64Array(SLOTS);
  #noted = 0;
  #decided = 0;

  /** Takes note of a frame. @returns its number if it was given before, else `NEW_FRAME` */
  note(frame: Uint8Array, claimMs: number): number {
    const mark = markOf(frame);
    const slot = (mark ^ Math.imul(claimMs | 0, 0x9e3779b1)) & (SLOTS - 1);
    const isKnown = this.#claimsMs[slot] === claimMs && this.#marks[slot] === mark;
    if (isKnown) return this.#numbers[slot] ?? NEW_FRAME;
    this.#claimsMs[slot] = claimMs;
    this.#marks[slot] = mark;
    this.#numbers[slot] = this.#noted;
    this.#noted += 1;
    return NEW_FRAME;
  }

  /** The time of the next new frame, in the order they were noted, milliseconds. */
  decide(timeMs: number): void {
    this.#timesMs[this.#decided % SLOTS] = timeMs;
    this.#decided += 1;
  }

  /** The time of a frame, milliseconds; null when it is too long ago. */
  timeMs(number: number): number | null {
    const isThere = number < this.#decided && number >= this.#decided - SLOTS;
    return isThere ? (this.#timesMs[number % SLOTS] ?? null) : null;
  }
}

/** Of its length and its last bytes, which in a commit are those of a hash. */
function markOf(frame: Uint8Array): number {
  let mark = frame.length;
  for (let i = Math.max(0, frame.length - TAIL_BYTES); i < frame.length; i += 1) {
    mark = (Math.imul(mark, 31) + (frame[i] ?? 0)) | 0;
  }
  return mark;
}
