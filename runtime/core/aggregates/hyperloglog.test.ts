import { describe, expect, it } from "vitest";
import { HyperLogLog } from "./hyperloglog.ts";

function sketchOf(from: number, to: number): HyperLogLog {
  const sketch = new HyperLogLog();
  for (let i = from; i < to; i += 1) sketch.add(`"did:plc:${i.toString(36)}"`);
  return sketch;
}

describe("HyperLogLog", () => {
  it("counts small sets almost exactly", () => {
    for (const n of [0, 1, 2, 3, 10, 50]) expect(sketchOf(0, n).estimate()).toBe(n);
  });

  it("errs by less than 2 % from 100 to a million", () => {
    for (const n of [100, 1000, 10_000, 100_000, 1_000_000]) {
      const estimate = sketchOf(0, n).estimate();
      expect(Math.abs(estimate - n) / n).toBeLessThan(0.02);
    }
  });

  it("errs by 0.8 % on average over many sets: one standard error", () => {
    let squares = 0;
    for (let i = 0; i < 40; i += 1) {
      squares += (sketchOf(i * 10_000, (i + 1) * 10_000).estimate() / 10_000 - 1) ** 2;
    }
    expect(Math.sqrt(squares / 40)).toBeLessThan(0.0105);
  });

  it("merges to the sketch of the union", () => {
    const merged = sketchOf(0, 6000);
    merged.merge(sketchOf(4000, 9000));
    expect(merged.toBytes()).toEqual(sketchOf(0, 9000).toBytes());
  });

  it("comes back from its bytes, sparse and dense", () => {
    for (const n of [0, 5, 512, 513, 20_000]) {
      const sketch = sketchOf(0, n);
      const copy = HyperLogLog.fromBytes(sketch.toBytes());
      expect(copy.estimate()).toBe(sketch.estimate());
      copy.add('"another"');
      sketch.add('"another"');
      expect(copy.estimate()).toBe(sketch.estimate());
    }
  });
});
