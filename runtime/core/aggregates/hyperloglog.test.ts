import { describe, expect, it } from "vitest";
import { hash32 } from "../../../plan/partition.ts";
import { EXACT_KEYS_MAX, HyperLogLog } from "./hyperloglog.ts";

function sketchOf(from: number, to: number): HyperLogLog {
  const sketch = new HyperLogLog();
  for (let i = from; i < to; i += 1) sketch.add(`"did:plc:${i.toString(36)}"`);
  return sketch;
}

describe("HyperLogLog", () => {
  it("counts up to 512 keys exactly, and estimates one more", () => {
    for (const n of [0, 1, 2, 3, 50, EXACT_KEYS_MAX]) expect(sketchOf(0, n).estimate()).toBe(n);
    const wrong = Array.from({ length: 40 }, (_, i) => sketchOf(i * 1000, i * 1000 + 513))
      .map((sketch) => sketch.estimate())
      .filter((estimate) => estimate !== 513);
    expect(wrong.length).toBeGreaterThan(0);
  });

  it("counts two keys that have one register as two", () => {
    const register = (key: string): number => hash32(key) & 0x3fff;
    const [first = "", ...others] = Array.from({ length: 100_000 }, (_, i) => `k${i}`);
    const second = others.find((key) => register(key) === register(first)) ?? "";
    const sketch = new HyperLogLog();
    sketch.add(first);
    sketch.add(second);
    expect(sketch.estimate()).toBe(2);
  });

  it("reads what 0.1 stored of a small set", () => {
    const old = HyperLogLog.load(Uint8Array.of(0x01, 0x02, 3, 0x3f, 0xff, 1));
    expect(old.estimate()).toBe(2);
    old.merge(sketchOf(0, 3));
    expect(old.estimate()).toBe(5);
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
    expect(merged.save()).toEqual(sketchOf(0, 9000).save());
    const small = sketchOf(0, 300);
    small.merge(sketchOf(200, EXACT_KEYS_MAX));
    expect(small.estimate()).toBe(EXACT_KEYS_MAX);
    small.merge(sketchOf(0, 9000));
    expect(small.save()).toEqual(merged.save());
  });

  it("comes back from what it saved, small and large", () => {
    for (const n of [0, 5, 512, 513, 20_000]) {
      const sketch = sketchOf(0, n);
      const copy = HyperLogLog.load(sketch.save());
      expect(copy.estimate()).toBe(sketch.estimate());
      copy.merge(sketchOf(0, n));
      expect(copy.estimate()).toBe(sketch.estimate());
      copy.add('"another"');
      sketch.add('"another"');
      expect(copy.estimate()).toBe(sketch.estimate());
    }
  });
});
