import { describe, expect, it } from "vitest";
import { REV_AHEAD_MS_MAX, RevClock } from "./rev-clock.ts";
import { tidOf } from "./sources/tid.ts";

const NOW_MS = 1_783_166_400_250;

function isAhead(rev: string, nowMs: number, clock = new RevClock()): boolean {
  const bytes = Buffer.from(`..${rev}`, "latin1");
  return clock.isAhead(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 2, nowMs);
}

describe("RevClock", () => {
  it("grants five minutes to the millisecond, and not one more", () => {
    expect(REV_AHEAD_MS_MAX).toBe(300_000);
    const limitMs = NOW_MS + REV_AHEAD_MS_MAX;
    expect(isAhead(tidOf(limitMs * 1000, 1023), NOW_MS)).toBe(false);
    expect(isAhead(tidOf((limitMs + 1) * 1000, 0), NOW_MS)).toBe(true);
    expect(isAhead("jzzzzzzzzzzzz", NOW_MS)).toBe(true);
    expect(isAhead("2222222222222", NOW_MS)).toBe(false);
  });

  it("goes with the time that it is told", () => {
    const clock = new RevClock();
    const rev = tidOf((NOW_MS + REV_AHEAD_MS_MAX + 2000) * 1000, 0);
    expect([0, 1999, 2000, 1999].map((ms) => isAhead(rev, NOW_MS + ms, clock))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it("stands a clock that is beyond what a revision can say", () => {
    expect(isAhead(tidOf(NOW_MS * 1000, 0), Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});
