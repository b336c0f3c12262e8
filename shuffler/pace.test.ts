import { describe, expect, it } from "vitest";
import { PAUSE_MS_MAX, Pacer, type Speed } from "./pace.ts";
import { SleepingClock } from "./testing/clock.ts";

const NEVER = new AbortController().signal;

async function sleepsFor(speed: Speed, eventsMs: readonly number[]): Promise<number[]> {
  const clock = new SleepingClock(5_000_000);
  const pacer = new Pacer(speed, clock);
  for (const eventMs of eventsMs) await pacer.until(eventMs, NEVER);
  return clock.sleeps;
}

describe("Pacer", () => {
  it("replays in the recording's own time, divided by the speed", async () => {
    expect(await sleepsFor(1, [1000, 1500, 1400, 3000])).toEqual([500, 1500]);
    expect(await sleepsFor(10, [1000, 1500, 3000])).toEqual([50, 150]);
    expect(await sleepsFor("max", [1000, 1500, 3000])).toEqual([]);
  });

  it("waits no longer than the limit in a gap, and goes on from there", async () => {
    expect(await sleepsFor(1, [0, PAUSE_MS_MAX])).toEqual([PAUSE_MS_MAX]);
    const gap = 10 * PAUSE_MS_MAX;
    expect(await sleepsFor(1, [0, gap, gap + 200])).toEqual([PAUSE_MS_MAX, 200]);
  });

  it("lets through what comes before any event", async () => {
    expect(await sleepsFor(1, [Number.NEGATIVE_INFINITY, 1000, 1001])).toEqual([1]);
  });
});
