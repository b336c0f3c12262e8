import { describe, expect, it } from "vitest";
import { Watermarks } from "./watermarks.ts";

describe("Watermarks", () => {
  it("has none until every channel has spoken, then the least", () => {
    const watermarks = new Watermarks(1);
    watermarks.advance(0, "p00", 2, 100);
    expect(watermarks.least).toBe(Number.NEGATIVE_INFINITY);
    watermarks.advance(0, "p01", 2, 40);
    expect(watermarks.least).toBe(40);
    watermarks.advance(0, "p01", 2, 150);
    expect(watermarks.least).toBe(100);
  });

  it("never steps back", () => {
    const watermarks = new Watermarks(1);
    watermarks.advance(0, "p00", 1, 100);
    watermarks.advance(0, "p00", 1, 50);
    expect(watermarks.least).toBe(100);
    expect(watermarks.of(0, "p00")).toBe(100);
  });

  it("takes the least over all inputs", () => {
    const watermarks = new Watermarks(2);
    watermarks.advance(0, "a", 1, 100);
    expect(watermarks.least).toBe(Number.NEGATIVE_INFINITY);
    watermarks.advance(1, "a", 1, 70);
    expect(watermarks.least).toBe(70);
  });

  it("comes back from what it saved", () => {
    const watermarks = new Watermarks(1);
    watermarks.advance(0, "p00", 2, 100);
    const restored = new Watermarks(1);
    restored.restore(watermarks.save());
    restored.advance(0, "p01", 2, 90);
    expect(restored.least).toBe(90);
  });
});
