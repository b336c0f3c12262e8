// Revisions are times, and a host may make them up: one of the year 2200 would be above all that follow in its repo.
// The sync specification lets a reader refuse what is ahead of its clock (atproto.com/specs/sync).

import { TID_LENGTH } from "./decode/fields.ts";
import { tidOf } from "./sources/tid.ts";

/** How far a revision may be ahead of the stream's clock: as the specification proposes. */
export const REV_AHEAD_MS_MAX = 300_000;
const SECOND_MS = 1000;
const MICROS_PER_MS = 1000;
const CLOCK_ID_MAX = 1023;
/** The last that a TID can say, in milliseconds: 53 bits of microseconds. */
const TID_MS_MAX = Math.floor(Number.MAX_SAFE_INTEGER / MICROS_PER_MS) - 1;

export class RevClock {
  /** The greatest revision for the beginning of that second: nearly all are below it, and the next need no other. */
  #second = Number.NaN;
  #limit = limitAt(0);

  /** @param nowMs the stream's clock. @returns whether the revision in `words` at `at` is further ahead than may be */
  isAhead(words: DataView, at: number, nowMs: number): boolean {
    const second = Math.floor(nowMs / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#limit = limitAt(second * SECOND_MS);
    }
    return isAbove(words, at, this.#limit) && isAbove(words, at, limitAt(nowMs));
  }
}

/** The greatest TID that is not ahead at that time. */
function limitAt(nowMs: number): DataView {
  const limitMs = Math.min(Math.max(0, nowMs + REV_AHEAD_MS_MAX), TID_MS_MAX);
  const tid = tidOf(limitMs * MICROS_PER_MS, CLOCK_ID_MAX);
  const bytes = Buffer.alloc(TID_LENGTH, tid, "latin1");
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function isAbove(words: DataView, at: number, limit: DataView): boolean {
  for (let i = 0; i < TID_LENGTH; i += 1) {
    const difference = words.getUint8(at + i) - limit.getUint8(i);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
