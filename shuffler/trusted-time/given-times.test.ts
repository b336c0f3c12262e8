import { describe, expect, it } from "vitest";
import { GivenTimes } from "./given-times.ts";

const frame = (end: number, length = 20): Uint8Array => new Uint8Array(length).fill(end);
const T0 = 1_783_000_000_000;

describe("frames that are given again", () => {
  it("have the time of the first giving", () => {
    const known = new GivenTimes();
    const slot = known.slotOf(frame(1), T0);
    expect(known.isKnown(slot, frame(1), T0)).toBe(false);
    known.put(slot, frame(1), T0);
    expect(known.isKnown(slot, frame(1), T0)).toBe(true);
    expect(known.timeMs(slot, frame(1), T0)).toBeNaN();
    known.decide(slot, frame(1), T0, T0 - 7);
    expect(known.timeMs(known.slotOf(frame(1), T0), frame(1), T0)).toBe(T0 - 7);
  });

  it("are told from others by their time, length and end", () => {
    const known = new GivenTimes();
    const slot = known.slotOf(frame(1), T0);
    known.put(slot, frame(1), T0);
    known.decide(slot, frame(1), T0, T0);
    for (const [other, claimMs] of [
      [frame(2), T0],
      [frame(1, 21), T0],
      [frame(1), T0 + 1],
    ] as const) {
      expect(known.isKnown(slot, other, claimMs)).toBe(false);
      expect(known.timeMs(slot, other, claimMs)).toBeNaN();
      known.decide(slot, other, claimMs, 5);
    }
    expect(known.timeMs(slot, frame(1), T0)).toBe(T0);
  });

  it("are forgotten when another one takes their slot", () => {
    const known = new GivenTimes();
    const slot = known.slotOf(frame(1), T0);
    known.put(slot, frame(1), T0);
    known.put(slot, frame(2), T0);
    expect([known.isKnown(slot, frame(1), T0), known.isKnown(slot, frame(2), T0)]).toEqual([
      false,
      true,
    ]);
  });
});
