import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentMap } from "./recent-map.ts";

describe("RecentMap", () => {
  it("forgets what a Map does from which the first entry is taken and which is asked in that order", () => {
    const keys = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"));
    const property = fc.property(keys, fc.integer({ min: 1, max: 5 }), (asked, entriesMax) => {
      let made = 0;
      let forgotten: number | null = null;
      const map = new RecentMap<number>(entriesMax, (value) => {
        forgotten = value;
        made += 1;
        return made;
      });
      const model = new Map<string, number>();
      for (const key of asked) {
        forgotten = null;
        const value = map.get(key);
        expect(value).toBe(model.get(key) ?? made);
        model.delete(key);
        model.set(key, value);
        const [oldest = ""] = model.keys();
        const isFull = model.size > entriesMax;
        expect(forgotten).toBe(isFull ? model.get(oldest) : null);
        if (isFull) model.delete(oldest);
        expect(map.size).toBe(model.size);
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
