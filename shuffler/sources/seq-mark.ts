// How far a connection has come by its relay's numbers. One frame must not move the mark to where all that follow are
// behind it: only what was understood moves it, and no further than a relay can have gone on meanwhile. Where a relay
// does leave so many numbers out, the frame behind it says so too.
//
//   seqs             98  99  9007199254740991 (not understood)  100  101
//   mark             98  99                               99  100  101
//
//   seqs             98  99  5000000  100  101      98  99  5000000  5000001
//   mark             98  99       99  100  101      98  99       99  5000001

/**
 * Numbers that a frame may leave out and be believed by itself. The network makes 500 to 2000 events a second, so it is
 * 8 to 30 minutes of them; a connection is dead after one minute of silence, and gaps that were seen have a few.
 */
export const SEQ_JUMP_MAX = 1_000_000;
/** No relay counts further: at 2000 events a second it is four thousand years. */
export const SEQ_MAX = 2 ** 48;
/** Jumps of a connection that are remembered: what an older one left out is refused, and nothing more. */
export const LEAPS_MAX = 64;
/** So many frames in a row that are among what one jump left out: the jump was wrong. */
export const LEFT_OUT_FRAMES_MAX = 8;

export type SeqStep =
  /** The mark is at this frame. `missed` are the numbers left out that nothing came for. */
  | { readonly kind: "on"; readonly missed: number }
  | { readonly kind: "behind" }
  /** The mark stays: the frame was not understood, or is too far ahead. */
  | { readonly kind: "unproven" }
  /** The mark is wrong since it went from `good` to `seq`; `good` is null when nothing before is known. */
  | {
      readonly kind: "wrong";
      readonly seq: number;
      readonly good: number | null;
      /** What was taken for missing since then, and at how many places. */
      readonly missed: number;
      readonly gaps: number;
    };

/** What a step left out: the numbers between. */
type Leap = { readonly from: number | null; readonly to: number; readonly missed: number };

export class SeqMark {
  /** What the relay was asked to go on behind; null when that says nothing of its numbers. */
  readonly #cursor: number | null;
  #last: number | null = null;
  /** The latest, the last of them behind. */
  #leaps: Leap[] = [];
  /** Frames in a row that one of them had left out. */
  #leftOut = 0;
  /** The last that was too far ahead. */
  #candidate: number | null = null;
  /** Frames above the mark that were not understood: they fill numbers all the same. */
  #unread = 0;

  /** Seqs that were wrong on a connection before: a relay repeats them. */
  readonly #disbelieved: ReadonlySet<number>;

  /** @param cursor of the connection; 0 asks for all there is and is as good as none */
  constructor(cursor: number | null, disbelieved: ReadonlySet<number> = new Set()) {
    this.#cursor = cursor === 0 ? null : cursor;
    this.#disbelieved = disbelieved;
  }

  /** The last seq that counts; null before the first. */
  get last(): number | null {
    return this.#last;
  }

  /** @param isUnderstood asked only where the frame leaves numbers out: it takes as long as to decode it */
  take(seq: number, isUnderstood: () => boolean): SeqStep {
    if (this.#last !== null && seq <= this.#last) return this.#behind(seq);
    const from = this.#last ?? this.#cursor;
    if (from !== null && seq === from + 1) return this.#move(seq, 0);
    if (!isUnderstood()) return this.skip();
    if (!this.#isBelieved(seq, from)) {
      this.#candidate = this.#disbelieved.has(seq) ? this.#candidate : seq;
      return this.skip();
    }
    const missed = from === null ? 0 : Math.max(0, seq - from - 1 - this.#unread);
    if (this.#leaps.length === LEAPS_MAX) this.#leaps.shift();
    this.#leaps.push({ from, to: seq, missed });
    return this.#move(seq, missed);
  }

  /** A frame that says nothing of how far the relay is. */
  skip(): SeqStep {
    this.#unread += 1;
    return { kind: "unproven" };
  }

  #isBelieved(seq: number, from: number | null): boolean {
    if (seq > SEQ_MAX || this.#disbelieved.has(seq)) return false;
    if (from === null || seq - from <= SEQ_JUMP_MAX) return true;
    const candidate = this.#candidate ?? Number.POSITIVE_INFINITY;
    return seq > candidate && seq - candidate <= SEQ_JUMP_MAX;
  }

  #move(seq: number, missed: number): SeqStep {
    this.#last = seq;
    this.#leftOut = 0;
    this.#unread = 0;
    this.#candidate = null;
    return { kind: "on", missed };
  }

  #behind(seq: number): SeqStep {
    const isIn = ({ from, to }: Leap): boolean => seq < to && (from === null || seq > from);
    const first = this.#leaps.findIndex(isIn);
    const leap = this.#leaps[first];
    if (leap === undefined) return { kind: "behind" };
    this.#leftOut += 1;
    if (this.#leftOut < LEFT_OUT_FRAMES_MAX) return { kind: "behind" };
    const wrong = this.#leaps.slice(first).filter((one) => one.missed > 0);
    const missed = wrong.reduce((sum, one) => sum + one.missed, 0);
    return { kind: "wrong", seq: leap.to, good: leap.from, missed, gaps: wrong.length };
  }
}
