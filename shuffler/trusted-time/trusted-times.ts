// Gives every frame of a stream, in order, a time that no single host can bend. Live at the present the wall clock
// says at once; of recordings, and while we catch up, the frames that follow do.

import { HOLD_MS_MAX } from "./limits.ts";
import { LookAhead, RING_FRAMES } from "./look-ahead.ts";
import { type ClockCounters, StreamClock } from "./stream-clock.ts";
import { WallWitness } from "./wall-witness.ts";

export type TrustedTimesOptions = {
  /** Whether frames come as they happen, so that our wall clock may be a witness. */
  readonly live: boolean;
  /** Where the clock of an earlier run stood; -Infinity for none. */
  readonly floorMs: number;
};

export class TrustedTimes {
  readonly #clock: StreamClock;
  readonly #next = new LookAhead();
  /** Of a live source. */
  readonly #witness: WallWitness | null;
  /** Of a live source's frames that wait, by their number modulo the length. */
  readonly #arrivedMs = new Float64Array(RING_FRAMES);
  #pushed = 0;
  #taken = 0;
  /** Whether a live source's first frames are still awaited, and since when. */
  #isStarting: boolean;
  #startMs: number | null = null;

  constructor({ live, floorMs }: TrustedTimesOptions) {
    this.#clock = new StreamClock(floorMs);
    this.#witness = live ? new WallWitness() : null;
    this.#isStarting = live;
  }

  get counters(): Readonly<ClockCounters> {
    return this.#clock.counters;
  }

  /** Whether our wall clock agrees with the stream; true when it is not asked. */
  get isWallTrusted(): boolean {
    return this.#witness?.isTrusted ?? true;
  }

  /** The stream's clock, milliseconds; -Infinity before the first frame. */
  get clockMs(): number {
    return this.#clock.ms;
  }

  /** Frames that wait. */
  get size(): number {
    return this.#next.size;
  }

  /**
   * A frame has arrived. Everything that `canTake` allows has to be taken before the next one.
   * @param claimMs its host's time @param wallMs ours, of no account for a recording
   */
  push(claimMs: number, position: number, wallMs: number): void {
    this.#next.push(claimMs, position);
    if (this.#witness === null) return;
    this.#arrivedMs[this.#pushed % RING_FRAMES] = wallMs;
    this.#pushed += 1;
    this.#startMs ??= wallMs;
    this.#witness.note(claimMs, wallMs);
  }

  /** Whether the oldest frame's time can be told now. */
  canTake(wallMs: number): boolean {
    const next = this.#next;
    if (next.size === 0) return false;
    if (next.isFull) return true;
    if (this.#witness === null) return false;
    if (this.#isStarting && wallMs - (this.#startMs ?? wallMs) < HOLD_MS_MAX) return false;
    this.#begin(this.#witness);
    return this.#witness.isLive || wallMs - this.#oldestArrivedMs >= HOLD_MS_MAX;
  }

  /** Wall-clock time at which the oldest frame waits no longer; null when none does, or it waits for others only. */
  dueMs(): number | null {
    if (this.#witness === null || this.#next.size === 0) return null;
    return (this.#isStarting ? (this.#startMs ?? 0) : this.#oldestArrivedMs) + HOLD_MS_MAX;
  }

  /** Time of the oldest frame, milliseconds, which leaves. There has to be one. */
  take(wallMs: number): number {
    const witness = this.#witness;
    const next = this.#next;
    let timeMs: number;
    if (witness === null) timeMs = this.#clock.byFrames(next);
    else {
      this.#begin(witness);
      timeMs = witness.isLive
        ? this.#clock.byWall(next.oldestMs, wallMs, witness)
        : this.#clock.byFrames(next);
    }
    this.#taken += 1;
    next.shift();
    return timeMs;
  }

  /**
   * Nothing has happened at a live source up to `quietMs` by our wall clock that has not been taken: its clock
   * follows the wall clock.
   * @returns whether it has moved
   */
  follow(quietMs: number, slackMs: number): boolean {
    const witness = this.#witness;
    if (witness === null || this.size > 0) return false;
    witness.forgetOld();
    const toMs = quietMs + witness.slowMs - slackMs;
    if (!witness.isLive || !(toMs > this.#clock.ms)) return false;
    this.#clock.follow(toMs);
    return true;
  }

  get #oldestArrivedMs(): number {
    return this.#arrivedMs[this.#taken % RING_FRAMES] ?? 0;
  }

  #begin(witness: WallWitness): void {
    if (!this.#isStarting) return;
    this.#isStarting = false;
    witness.begin();
  }
}
