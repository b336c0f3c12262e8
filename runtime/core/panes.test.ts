import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { greatestCommonDivisor } from "./panes.ts";
import { panesOf } from "./windows.ts";

const window = (sizeMs: number, everyMs: number) =>
  ({ kind: "hopping", sizeMs, everyMs, graceMs: 0 }) as const;

describe("window arithmetic", () => {
  it("cuts a window of 10 every 4 into panes of 2", () => {
    expect(greatestCommonDivisor(10, 4)).toBe(2);
    expect(panesOf(window(10, 4)).paneStart(7)).toBe(6);
  });

  it("has one pane a window when it tumbles", () => {
    expect(panesOf(window(60, 60)).paneStart(59)).toBe(0);
    expect(panesOf(window(60, 60)).firstEnd(59)).toBe(60);
    expect(panesOf(window(60, 60)).lastEnd(60)).toBe(120);
  });

  it("finds exactly the windows with start ≤ time < end, before the epoch too", () => {
    const cases = fc.record({
      everyMs: fc.integer({ min: 1, max: 50 }),
      factor: fc.integer({ min: 1, max: 60 }),
      timeMs: fc.integer({ min: -1000, max: 1000 }),
    });
    fc.assert(
      fc.property(cases, ({ everyMs, factor, timeMs }) => {
        const spec = window(Math.max(everyMs, factor), everyMs);
        const ends: number[] = [];
        for (let start = -40 * everyMs - 2000; start < 2000; start += 1) {
          const aligned = ((start % everyMs) + everyMs) % everyMs === 0;
          const end = start + spec.sizeMs;
          if (aligned && start <= timeMs && timeMs < end) ends.push(end);
        }
        expect(panesOf(spec).firstEnd(timeMs)).toBe(Math.min(...ends));
        expect(panesOf(spec).lastEnd(timeMs)).toBe(Math.max(...ends));
      }),
    );
  });
});
