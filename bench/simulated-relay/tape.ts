// The frames a simulated relay plays, in order, and where a cursor stands among them.
import { at } from "./random.ts";
import { seqOf } from "./read-frame.ts";

/** Where a reader begins, as the relay answers a cursor. */
export type Resume =
  | { readonly kind: "from"; readonly index: number }
  | { readonly kind: "outdated"; readonly index: number }
  | { readonly kind: "future" };

/**
 * Frames by index. One without a readable `seq` (an `#info`, a fault put in on purpose) takes the
 * seq of the frame before it, and so is replayed at its place.
 */
export class Tape {
  readonly #frames: readonly Uint8Array[];
  readonly #seqs: number[];

  constructor(frames: readonly Uint8Array[]) {
    this.#frames = frames;
    let last = 0;
    this.#seqs = frames.map((frame) => {
      last = readableSeq(frame) ?? last;
      return last;
    });
  }

  get length(): number {
    return this.#frames.length;
  }

  frameAt(index: number): Uint8Array {
    return at(this.#frames, index);
  }

  seqAt(index: number): number {
    return at(this.#seqs, index);
  }

  /**
   * What to send for `cursor` when frames `[oldest, head)` are kept: everything with seq ≥ cursor.
   * Older than what is kept: all of it, after a warning. Newer than the last sent: an error.
   */
  resume(cursor: number, oldest: number, head: number): Resume {
    if (head === 0 || cursor > this.seqAt(head - 1)) return { kind: "future" };
    const kept = this.#seqs.slice(oldest, head);
    const firstSeq = kept.find((seq) => seq > 0);
    if (firstSeq === undefined || cursor < firstSeq) return { kind: "outdated", index: oldest };
    return { kind: "from", index: oldest + kept.findIndex((seq) => seq >= cursor) };
  }
}

function readableSeq(frame: Uint8Array): number | null {
  try {
    return seqOf(frame);
  } catch {
    return null; // a corrupt frame is on the tape on purpose: it is played like any other
  }
}
