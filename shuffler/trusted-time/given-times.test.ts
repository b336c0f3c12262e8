import { describe, expect, it } from "vitest";
import { GivenTimes, NEW_FRAME } from "./given-times.ts";

const frame = (end: number, length = 20): Uint8Array => new Uint8Array(length).fill(end);
const T0 = 1_783_000_000_000;
const REMEMBERED = 32_768;

describe("frames that are given again", () => {
  it("have the times of the first giving", () => {
    const known = new GivenTimes();
    expect([known.note(frame(1), T0), known.note(frame(2), T0)]).toEqual([NEW_FRAME, NEW_FRAME]);
    expect([known.note(frame(2), T0), known.note(frame(1), T0)]).toEqual([1, 0]);
    known.decide(T0 - 7);
    expect([known.timeMs(0), known.timeMs(1)]).toEqual([T0 - 7, null]);
    known.decide(T0 + 3);
    expect(known.timeMs(1)).toBe(T0 + 3);
  });

  it("are told from others by their time, length and end", () => {
    const known = new GivenTimes();
    known.note(frame(1), T0);
    expect(known.note(frame(2), T0)).toBe(NEW_FRAME);
    expect(known.note(frame(1, 21), T0)).toBe(NEW_FRAME);
    expect(known.note(frame(1), T0 + 1)).toBe(NEW_FRAME);
    expect(known.note(frame(1), T0)).toBe(0);
  });

  it("have no time any more when as many others as are remembered came behind them", () => {
    const known = new GivenTimes();
    for (let i = 0; i < REMEMBERED; i += 1) known.decide(T0 + i);
    expect(known.timeMs(0)).toBe(T0);
    known.decide(T0 + REMEMBERED);
    expect([known.timeMs(0), known.timeMs(1)]).toEqual([null, T0 + 1]);
  });
});
