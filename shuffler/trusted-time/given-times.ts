// Frames that a source gives again: after a reconnect, or where recordings that overlap are joined. They have the
// times of the first giving, and no say in those of others: behind the last frame of one recording the first ones of
// the next would speak against it.
//
// A table without chains: a frame that lies in a taken slot takes it over, and what lay there is not known again.
// Frames of one time, length and end are taken for one; their times are the same in any case.

const SLOTS = 32_768;
const TAIL_BYTES = 8;

/** For a frame that is given for the first time. */
export const UNDECIDED = Number.NaN;

export class GivenTimes {
  readonly #claimsMs = new Float64Array(SLOTS).fill(Number.NaN);
  readonly #marks = new Int32Array(SLOTS);
  readonly #timesMs = new Float64Array(SLOTS);

  /** Where a frame that claims this time lies; `isKnown` asks before `put`. */
  slotOf(frame: Uint8Array, claimMs: number): number {
    return (markOf(frame) ^ Math.imul(claimMs | 0, 0x9e3779b1)) & (SLOTS - 1);
  }

  isKnown(slot: number, frame: Uint8Array, claimMs: number): boolean {
    return this.#claimsMs[slot] === claimMs && this.#marks[slot] === markOf(frame);
  }

  put(slot: number, frame: Uint8Array, claimMs: number): void {
    this.#claimsMs[slot] = claimMs;
    this.#marks[slot] = markOf(frame);
    this.#timesMs[slot] = UNDECIDED;
  }

  /** The frame that was put there has a time, milliseconds; of one whose slot was taken over nothing is noted. */
  decide(slot: number, frame: Uint8Array, claimMs: number, timeMs: number): void {
    if (this.isKnown(slot, frame, claimMs)) this.#timesMs[slot] = timeMs;
  }

  /** The time of a known frame, milliseconds; NaN when its slot was taken over since. */
  timeMs(slot: number, frame: Uint8Array, claimMs: number): number {
    return this.isKnown(slot, frame, claimMs) ? (this.#timesMs[slot] ?? UNDECIDED) : UNDECIDED;
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
