import { describe, expect, it } from "vitest";
import { BEHIND_MS, FROZEN_FRAMES } from "./limits.ts";
import { LookAhead } from "./look-ahead.ts";
import { StreamClock } from "./stream-clock.ts";

const T0 = 1_783_000_000_000;

/** Times of frames that come one by one, and nothing behind them. */
function timesOf(clock: StreamClock, claimsMs: readonly number[]): number[] {
  const next = new LookAhead();
  return claimsMs.map((claimMs, position) => {
    next.push(claimMs, position);
    const timeMs = clock.byFrames(next);
    next.shift();
    return timeMs;
  });
}

describe("StreamClock", () => {
  it("follows a wall clock forwards, and never back", () => {
    const clock = new StreamClock(Number.NEGATIVE_INFINITY);
    clock.follow(T0);
    clock.follow(T0 - 1);
    expect(clock.ms).toBe(T0);
    clock.follow(T0 + 1);
    expect(clock.ms).toBe(T0 + 1);
  });

  /** Frames behind the clock, one of which the frame that follows makes up for. */
  const behind = (count: number): number[] => new Array<number>(count).fill(T0 - BEHIND_MS - 1);

  it("goes on behind as many frames that it is ahead of as it may", () => {
    const clock = new StreamClock(Number.NEGATIVE_INFINITY);
    clock.follow(T0);
    expect(timesOf(clock, [...behind(FROZEN_FRAMES + 1), T0 + 1]).at(-1)).toBe(T0 + 1);
    expect(clock.counters.frozen).toBe(0);
  });

  it("stands still behind one more, for it was led astray", () => {
    const clock = new StreamClock(Number.NEGATIVE_INFINITY);
    clock.follow(T0);
    expect(timesOf(clock, [...behind(FROZEN_FRAMES + 2), T0 + 1]).at(-1)).toBe(T0);
    expect(clock.counters).toMatchObject({ frozen: 1, behind: FROZEN_FRAMES + 2 });
  });
});
