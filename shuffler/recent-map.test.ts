import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentMap } from "./recent-map.ts";

describe("RecentMap", () => {
  it("forgets what a Map does from which the first entry is taken and which is asked in that order", () => {
    const keys = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"));
    const property = fc.property(keys, fc.integer({ min: 1, max: 5 }), (asked, entriesMax) => {
      let made = 0;
      const map = new RecentMap(entriesMax, () => (made += 1));
      const model = new Map<string, number>();
      for (const key of asked) {
        const value = map.get(key);
        expect(value).toBe(model.get(key) ?? made);
        model.delete(key);
        model.set(key, value);
        const [oldest = ""] = model.keys();
        if (model.size > entriesMax) model.delete(oldest);
        expect(map.size).toBe(model.size);
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
