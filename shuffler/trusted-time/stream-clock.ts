// The clock of a stream, which no single host can bend, and the time of each frame by it. A frame keeps the
// time its host claims where the stream supports it; else it gets the clock's.
//
// *Invariant*: the clock never runs back, and no frame gets a time beyond it.

import {
  BEHIND_MS,
  ESCALATION_FRAMES,
  ESTABLISHED_FRAMES,
  FROZEN_FRAMES,
  GAP_MS,
  LOCAL_FRAMES,
  NEAR_VOTES,
  RECENT_ADVANCES,
  TOLERANCE_MS,
  WALL_TOLERANCE_MS,
  WIDE_FRAMES,
} from "./limits.ts";
import type { LongView, LookAhead, Votes } from "./look-ahead.ts";

/** Beyond `FROZEN_FRAMES` frames behind the clock count for no more. */
const BEHIND_MAX = FROZEN_FRAMES + 1024;
/** Weights of what is said for and against claims that are ahead of the clock. */
const OUTVOTED_WEIGHT = 16;
const SUPPORTED_WEIGHT = 4;
const DISPROVED_WEIGHT = 128;
const ESCALATION = OUTVOTED_WEIGHT * ESCALATION_FRAMES;
const ESCALATION_MAX = 2 * ESCALATION;
/** Parts of the voters: what holds a claim back, and what does when a few have done so for too long. */
const FEW = 1 / 4;
const MOST = 1 / 2;
/** A new clock is held back by a greater part than an established one, which is held by a quarter. */
const NEW_CLOCK_PART = 0.4;
/** A stream begins no further before the middle of what follows than so many spreads of the latter. */
const SPREADS = 16;
/** Voters without which a recording counts as through. */
const VOTERS_MIN = 3;
/** Fewer are those at the end of a recording, or before a silence. */
const END_VOTERS = 16;

/** Frames whose time is not the one their host claims. */
export type ClockCounters = {
  /** The claim was ahead of the stream. */
  ahead: number;
  /** The claim was behind it. */
  behind: number;
  /** The clock had been led astray and stood still. */
  frozen: number;
};

export class StreamClock {
  readonly counters: ClockCounters = { ahead: 0, behind: 0, frozen: 0 };
  #ms = Number.NEGATIVE_INFINITY;
  /** Where the clock jumps to once it comes near: an earlier run had got so far. */
  #floorMs: number;
  /** Frames accepted since it was set anew. */
  #age = 0;
  /** How much was said against claims ahead of the clock that had some support. */
  #against = 0;
  /** Frames behind the clock, less those that were not. */
  #behind = 0;
  /** The clock before each of the last advances. */
  readonly #recentMs = new Float64Array(RECENT_ADVANCES);
  #advances = 0;

  /** @param floorMs where an earlier run's clock stood; -Infinity for none */
  constructor(floorMs: number) {
    this.#floorMs = floorMs;
  }

  /** Milliseconds since the epoch; -Infinity before the first frame. */
  get ms(): number {
    return this.#ms;
  }

  /** Time of the oldest frame by the frames behind it. Does not take it out. */
  byFrames(next: LookAhead): number {
    const claimMs = next.oldestMs;
    if (this.#ms === Number.NEGATIVE_INFINITY) return this.#first(claimMs, next);
    if (claimMs < this.#ms - BEHIND_MS) return this.#fallBehind();
    this.#behind = Math.max(0, this.#behind - 1);
    if (claimMs <= this.#ms) {
      this.#weigh(-SUPPORTED_WEIGHT);
      this.#age += 1;
      return claimMs;
    }
    if (this.#behind > FROZEN_FRAMES) {
      this.counters.frozen += 1;
      return this.#ms;
    }
    if (!this.#isAhead(claimMs, next)) return this.#advance(claimMs);
    this.counters.ahead += 1;
    return this.#ms;
  }

  /**
   * Time of a frame that has just arrived, by a wall clock that is trusted.
   * @param witness says by how much the claims of events that arrive are usually behind
   */
  byWall(claimMs: number, wallMs: number, witness: { readonly usualMs: number }): number {
    if (claimMs < this.#ms - BEHIND_MS) return this.#fallBehind();
    this.#behind = Math.max(0, this.#behind - 1);
    if (claimMs <= wallMs + WALL_TOLERANCE_MS) {
      if (claimMs > this.#ms) return this.#advance(claimMs);
      this.#age += 1;
      return claimMs;
    }
    this.counters.ahead += 1;
    this.follow(wallMs + witness.usualMs);
    return this.#ms;
  }

  /** Moves the clock on to `ms`, unless it is there already. */
  follow(ms: number): void {
    if (ms > this.#ms) this.#set(ms);
  }

  #first(claimMs: number, next: LookAhead): number {
    const view = next.longView(Number.NEGATIVE_INFINITY);
    const leastMs = leastOf(view);
    const { voters, against } = next.votes(claimMs, leastMs, LOCAL_FRAMES, GAP_MS);
    if (2 * against <= voters && claimMs <= view.medianMs + TOLERANCE_MS) {
      return this.#advance(claimMs);
    }
    this.counters.ahead += 1;
    // The next frame that is not ahead as well.
    const nextMs = next.firstBetween(leastMs, next.localQuartileMs(leastMs));
    return this.#advance(Math.min(claimMs, nextMs));
  }

  #fallBehind(): number {
    this.#behind = Math.min(this.#behind + 1, BEHIND_MAX);
    this.counters.behind += 1;
    return this.#ms;
  }

  #advance(claimMs: number): number {
    if (claimMs > this.#ms + this.#gapMs()) this.#age = 0;
    this.#age += 1;
    this.#recentMs[this.#advances % RECENT_ADVANCES] = this.#ms;
    this.#advances += 1;
    this.#set(claimMs);
    return claimMs;
  }

  #set(ms: number): void {
    this.#ms = ms;
    if (ms < this.#floorMs - BEHIND_MS) return;
    this.#ms = Math.max(ms, this.#floorMs);
    this.#floorMs = Number.NEGATIVE_INFINITY;
  }

  /** What the last advances took together; Infinity while there were too few. */
  #spanMs(): number {
    if (this.#advances <= RECENT_ADVANCES) return Number.POSITIVE_INFINITY;
    return this.#ms - (this.#recentMs[this.#advances % RECENT_ADVANCES] ?? 0);
  }

  /** Greatest step that is usual for this stream. */
  #gapMs(): number {
    const spanMs = this.#spanMs();
    return Number.isFinite(spanMs) ? Math.max(GAP_MS, spanMs) : GAP_MS;
  }

  /** Whether the frames behind it contradict a claim beyond the clock. */
  #isAhead(claimMs: number, next: LookAhead): boolean {
    const leastMs = this.#ms - BEHIND_MS;
    const heldMs = claimMs - TOLERANCE_MS;
    const gapMs = this.#gapMs();
    const view = next.longView(leastMs);
    if (heldMs > view.medianMs && view.lowMs <= this.#ms + gapMs) {
      this.#weigh(-DISPROVED_WEIGHT);
      return true;
    }
    if (this.#isSupported(claimMs, gapMs, view, next)) {
      this.#weigh(-SUPPORTED_WEIGHT);
      return false;
    }
    const votes = next.votes(claimMs, leastMs, LOCAL_FRAMES, gapMs);
    const isFar = heldMs > this.#ms + this.#spanMs();
    if (votes.voters < VOTERS_MIN) return isFar;
    // Near an end one voice is enough: there is nobody left to bring more.
    if (votes.voters < END_VOTERS && votes.against > 0 && isFar) return true;
    this.#noteSilence(claimMs, view.lowMs, votes, next);
    const isHeld =
      this.#age < ESTABLISHED_FRAMES
        ? isContradicted(votes, this.#partOfNew(view)) || heldMs > view.medianMs
        : this.#isHeld(votes, heldMs, view);
    if (isHeld) return true;
    const part = this.#age < ESTABLISHED_FRAMES ? this.#partOfNew(view) : this.#part;
    return isContradicted(next.votes(claimMs, leastMs, WIDE_FRAMES, gapMs), part);
  }

  /** Whether nothing speaks against it, which is mostly so: it decides as the votes would. */
  #isSupported(claimMs: number, gapMs: number, view: Readonly<LongView>, next: LookAhead): boolean {
    if (this.#age < ESTABLISHED_FRAMES || claimMs > this.#ms + gapMs) return false;
    const heldMs = claimMs - TOLERANCE_MS;
    if (heldMs > view.lowMs || heldMs > next.leastMs()) return false;
    return next.hasUpTo(claimMs + gapMs, VOTERS_MIN);
  }

  /** By the next frames, and by those of the long view. */
  #isHeld(votes: Readonly<Votes>, heldMs: number, { lowMs, medianMs }: Readonly<LongView>) {
    const most = isContradicted(votes, MOST) || heldMs > medianMs;
    const few = votes.nearAgainst >= NEAR_VOTES || isContradicted(votes, FEW) || heldMs > lowMs;
    if (!few) this.#weigh(-SUPPORTED_WEIGHT);
    else this.#weigh(isContradicted(votes, MOST) ? -DISPROVED_WEIGHT : OUTVOTED_WEIGHT);
    return this.#part === MOST ? most : few;
  }

  /** A slow host with a good share of the frames would otherwise hold the clock back for ever. */
  get #part(): number {
    return this.#against > ESCALATION ? MOST : FEW;
  }

  /** A clock that was set far behind what follows is to get away. */
  #partOfNew(view: Readonly<LongView>): number {
    return this.#ms < leastOf(view) ? MOST : NEW_CLOCK_PART;
  }

  /** Behind a silence nothing goes on at the old time: the clock counts as new. */
  #noteSilence(claimMs: number, lowMs: number, { voters }: Readonly<Votes>, next: LookAhead): void {
    if (this.#age < ESTABLISHED_FRAMES) return;
    const mostMs = this.#ms + this.#gapMs();
    if (claimMs <= mostMs || lowMs <= mostMs) return;
    if (4 * next.countBetween(this.#ms - BEHIND_MS, mostMs) <= voters) this.#age = 0;
  }

  #weigh(weight: number): void {
    this.#against = Math.min(Math.max(this.#against + weight, 0), ESCALATION_MAX);
  }
}

/** What is below it is far behind the middle of all that follows; -Infinity without a long view. */
function leastOf({ medianMs, spreadMs }: Readonly<LongView>): number {
  if (!Number.isFinite(medianMs)) return Number.NEGATIVE_INFINITY;
  return medianMs - SPREADS * spreadMs - BEHIND_MS;
}

/** Whether more than a part of those that vote are against. */
function isContradicted({ against, voters }: Readonly<Votes>, part: number): boolean {
  return against > part * voters;
}
