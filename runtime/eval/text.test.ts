import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryText } from "./arbitrary.test-support.ts";
import { codePoints, compareText, isFlat, unitIndex } from "./text.ts";

describe("text by code points", () => {
  it("is counted, indexed and ordered as its list of code points", () => {
    fc.assert(
      fc.property(arbitraryText(), arbitraryText(), fc.nat(6), (a, b, point) => {
        const points = Array.from(a);
        expect(codePoints(a)).toBe(points.length);
        expect(isFlat(a)).toBe(points.length === a.length);
        expect(unitIndex(a, point)).toBe(points.slice(0, point).join("").length);
        const order = Buffer.compare(Buffer.from(a), Buffer.from(b)); // UTF-8 keeps their order
        expect(Math.sign(compareText(a, b))).toBe(order);
      }),
    );
  });

  it("counts a lone surrogate as one", () => {
    expect(codePoints("a\ud83d")).toBe(2);
    expect(codePoints("\ude00\ud83d")).toBe(2);
  });
});
