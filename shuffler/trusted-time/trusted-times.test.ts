import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gen, type MadeFrame, type StreamOptions } from "../../test/clocks/generate.ts";
import {
  judge,
  type LiveOptions,
  playLive,
  playRecording,
  type Times,
} from "../../test/clocks/play.ts";
import "../../test/support/property-seed.ts";
import { HOLD_MS_MAX } from "./limits.ts";
import { TrustedTimes } from "./trusted-times.ts";

const N = 12_000;
/** Frames behind which a decision changes no more, whatever follows. */
const DECIDED_FRAMES = 1057;

function outcome(options: StreamOptions) {
  const frames = gen({ n: N, seed: 7, ...options });
  const times = playRecording(frames);
  return { frames, times, verdict: judge(frames, times) };
}

function claimsOf(frames: readonly MadeFrame[]): number[] {
  return frames.map(({ claimMs }) => claimMs);
}

function recordingOf(claimsMs: readonly number[]): Times {
  const START_MS = Date.parse("2026-07-04T00:00:00Z");
  return playRecording(
    claimsMs.map((ms) => {
      const claimMs = START_MS + ms;
      return { trueMs: claimMs, claimMs, relayMs: claimMs, kind: "good" } as const;
    }),
  );
}

/** Relative to the start again. */
function timesOf(claimsMs: readonly number[]): number[] {
  const startMs = Date.parse("2026-07-04T00:00:00Z");
  return recordingOf(claimsMs).timesMs.map((ms) => ms - startMs);
}

describe("the times of a recording", () => {
  it.each<[string, StreamOptions]>([
    ["a third 50 minutes ahead", { off: 3e6, share: 0.33 }],
    [
      "nearly half ahead, three of the last six frames among them",
      { off: 3e6, share: 0.45, seed: 4, n: 30_000 },
    ],
    ["a third three years ahead", { off: 9.46e10, share: 0.33 }],
    ["a tenth 10 seconds ahead", { off: 1e4, share: 0.1 }],
    ["a third drifting", { off: 3e6, share: 0.33, mode: "drift" }],
    ["a third at random", { off: 3e6, share: 0.33, mode: "random" }],
    ["a third ramping", { off: 3e6, share: 0.33, mode: "ramp" }],
    ["bursts of 256", { burst: { len: 256, every: 3000, fill: 1 } }],
    ["the first five", { first: 5 }],
    ["a backlog of ten minutes", { backlog: 6000 }],
    ["hosts up to 2.9 s slow", { slowNet: 1 }],
    ["a slow stream, a tenth a minute ahead", { rate: 1, off: 6e4, share: 0.1 }],
    ["a very slow stream, a tenth a day ahead", { rate: 0.02, off: 864e5, share: 0.1 }],
  ])("are right for all good hosts, and nothing is late: %s", (_, options) => {
    expect(outcome(options).verdict).toMatchObject({ bent: 0, late: [0, 0] });
  });

  it.each([0.02, 1, 350, 2000])(
    "are those that hosts claim where all are right, at %d a second",
    (rate) => {
      const { frames, times } = outcome({ rate });
      expect(times.timesMs).toEqual(claimsOf(frames));
    },
  );

  it("are those that hosts claim over silences of an hour", () => {
    const { frames, times } = outcome({ gaps: 5 });
    expect(times.timesMs).toEqual(claimsOf(frames));
  });

  it.each<[string, StreamOptions, { bent: number; bentMsMax: number }]>([
    ["gaps, a third ahead", { gaps: 3, off: 3e6, share: 0.33 }, { bent: 0.002, bentMsMax: 3.7e6 }],
    [
      "gaps, a third behind",
      { gaps: 3, off: -3e6, share: 0.33 },
      { bent: 0.002, bentMsMax: 3.7e6 },
    ],
    ["a third slow by 3.5 s", { off: -3500, share: 0.33 }, { bent: 0.02, bentMsMax: 4000 }],
    ["a third stopped", { mode: "stop", share: 0.33 }, { bent: 0.02, bentMsMax: 10_000 }],
  ])("are bent by no more than this: %s", (_, options, most) => {
    const { bent, bentMsMax } = outcome(options).verdict;
    expect(bent).toBeLessThanOrEqual(most.bent);
    expect(bentMsMax).toBeLessThanOrEqual(most.bentMsMax);
  });

  it("keep those of very short recordings", () => {
    expect(timesOf([0])).toEqual([0]);
    expect(timesOf([0, 60_000])).toEqual([0, 60_000]);
    expect(timesOf([0, 60_000, 120_000])).toEqual([0, 60_000, 120_000]);
    expect(timesOf([500, 0, 900])).toEqual([500, 0, 900]);
  });

  it("hold a frame back that is ahead of few others", () => {
    const claims = Array.from({ length: 12 }, (_, i) => i * 1000);
    claims[6] = 3_006_000;
    expect(timesOf(claims)).toEqual(claims.with(6, 5000));
  });

  const streams = fc.record({
    rate: fc.constantFrom(0.02, 1, 350),
    n: fc.integer({ min: 1, max: 4000 }),
    share: fc.constantFrom(0, 0.1, 0.33, 0.6),
    off: fc.constantFrom(-3e6, -4000, 900, 1e4, 3e6, 9.46e10),
    mode: fc.constantFrom("constant", "random", "ramp", "stop"),
    gaps: fc.constantFrom(0, 2),
    seed: fc.nat(),
  });

  it("are the claim or the clock, never beyond the clock, which never runs back; and the same every time", () => {
    fc.assert(
      fc.property(streams, (options) => {
        const frames = gen(options);
        const { timesMs, clocksMs } = playRecording(frames);
        const wrong = timesMs.filter((timeMs, i) => {
          const clockMs = clocksMs[i] ?? 0;
          const runsBack = clockMs < (clocksMs[i - 1] ?? Number.NEGATIVE_INFINITY);
          return runsBack || timeMs > clockMs || ![frames[i]?.claimMs, clockMs].includes(timeMs);
        });
        expect(timesMs).toHaveLength(frames.length);
        expect(wrong).toEqual([]);
        expect(playRecording(frames).timesMs).toEqual(timesMs);
      }),
      { numRuns: 40 },
    );
  });

  it("are decided alike by a prefix, up to as far before its end as a decision looks", () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 4000 }), (options, cut) => {
        const frames = gen(options);
        const whole = playRecording(frames).timesMs;
        const part = playRecording(frames.slice(0, cut)).timesMs;
        const decided = Math.max(0, Math.min(cut, frames.length) - DECIDED_FRAMES);
        expect(part.slice(0, decided)).toEqual(whole.slice(0, decided));
      }),
      { numRuns: 40 },
    );
  });
});

describe("the times of a live source", () => {
  const quiet = { quiet: true };
  it.each<[string, StreamOptions, LiveOptions]>([
    ["45 % ahead", { off: 3e6, share: 0.45 }, quiet],
    ["bursts of 1000", { burst: { len: 1000, every: 3000, fill: 1 } }, quiet],
    ["a very slow stream", { rate: 0.02, off: 9.46e10, share: 0.45, n: 2000 }, quiet],
    ["slow hosts on a quiet relay", { rate: 0.5, slowNet: 1, n: 2000 }, quiet],
    ["hour gaps", { gaps: 3, off: 3e6, share: 0.33 }, quiet],
    ["our clock an hour behind", {}, { wallOff: -3.6e6, quiet: true }],
    ["our clock an hour ahead", {}, { wallOff: 3.6e6, quiet: true }],
    [
      "catching up at 50 times the speed",
      { off: 3e6, share: 0.33, n: 60_000 },
      { catchUp: { backMs: 150_000, speed: 50 }, quiet: true },
    ],
  ])("are right for all good hosts, and nothing is late: %s", (_, stream, live) => {
    const frames = gen({ n: N, seed: 7, ...stream });
    const times = playLive(frames, live);
    expect(judge(frames, times)).toMatchObject({ bent: 0, late: [0, 0] });
    expect(Math.max(...times.latencyMs)).toBeLessThanOrEqual(HOLD_MS_MAX);
  });

  it("do not wait at the present, behind the first second", () => {
    const frames = gen({ n: 2000, share: 0.33, seed: 7 });
    const { latencyMs } = playLive(frames, {});
    expect(latencyMs.slice(1000).every((ms) => ms === 0)).toBe(true);
  });

  it("distrust our clock where nearly all frames are ahead of it, and trust it again a while after it was set", () => {
    const times = new TrustedTimes({ live: true, floorMs: Number.NEGATIVE_INFINITY });
    const frames = gen({ n: 60_000, seed: 7 });
    const seen: boolean[] = [];
    for (const [position, { claimMs, relayMs }] of frames.entries()) {
      const wallMs = relayMs + 100 - (position < 10_000 ? 3.6e6 : 0);
      times.push(claimMs, position, wallMs);
      while (times.canTake(wallMs)) times.take(wallMs);
      if (position % 10_000 === 9999) seen.push(times.isWallTrusted);
    }
    // A minute is 21 000 frames.
    expect(seen).toEqual([false, false, false, true, true, true]);
  });
});

describe("a clock with a floor", () => {
  it("leaves what is repeated as it is until it comes to where it was, and goes on there", () => {
    const times = new TrustedTimes({ live: false, floorMs: 100_000 });
    const taken: number[] = [];
    for (let ms = 0; ms < 120_000; ms += 1000) times.push(ms, ms / 1000, 0);
    while (times.size > 0) taken.push(times.take(0));
    expect(taken).toEqual(Array.from({ length: 120 }, (_, i) => i * 1000));
    expect(times.clockMs).toBe(119_000);
  });

  it("does not let the clock begin before it", () => {
    const times = new TrustedTimes({ live: false, floorMs: 100_000 });
    times.push(97_000, 0, 0);
    expect(times.take(0)).toBe(97_000);
    expect(times.clockMs).toBe(100_000);
  });
});
