import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRows, encodeRow } from "./codec.ts";
import {
  compareOrder,
  contentsHash,
  FIRST_PLACE,
  loadOrder,
  NO_ORDER,
  type RecordOrder,
  saveOrder,
} from "./record-order.ts";

const order: fc.Arbitrary<RecordOrder> = fc.record({
  seenMs: fc.constantFrom(1000, 2000, 2001),
  seq: fc.nat(2),
  place: fc.array(fc.nat(2), { maxLength: 3 }),
  contents: fc.nat(2),
});

describe("the order of records", () => {
  it("goes by what was seen, then seq, then place number by number, then contents", () => {
    const rising: RecordOrder[] = [
      { seenMs: 1, seq: 9, place: [9], contents: 9 },
      { seenMs: 2, seq: 1, place: [9], contents: 9 },
      { seenMs: 2, seq: 2, place: FIRST_PLACE, contents: 1 },
      { seenMs: 2, seq: 2, place: [0, 0], contents: 2 },
      { seenMs: 2, seq: 2, place: [0, 1], contents: 0 },
      { seenMs: 2, seq: 2, place: [1], contents: 0 },
      { seenMs: 2, seq: 2, place: [1, 0, 3], contents: 0 },
    ];
    const places = rising.keys();
    for (const i of places) {
      for (const [j, other] of rising.entries()) {
        expect(Math.sign(compareOrder(rising[i] ?? NO_ORDER, other))).toBe(Math.sign(i - j));
      }
    }
  });

  it("counts what is missing of a place as 0", () => {
    const at = (place: readonly number[]): RecordOrder => ({ ...NO_ORDER, place });
    expect(compareOrder(at([1]), at([1, 0, 0]))).toBe(0);
    expect(compareOrder(at([]), at([0]))).toBe(0);
    expect(compareOrder(at([1, 0, 1]), at([1]))).toBeGreaterThan(0);
  });

  it.each([
    ["was seen at its own time", { seenMs: 5 }],
    ["has seen more", { seenMs: 9 }],
    ["has a place", { seenMs: 5, place: [0, 2] }],
    ["has contents", { seenMs: 5, contents: 7 }],
  ])("comes back from a row that %s", (_, over) => {
    const order: RecordOrder = { ...NO_ORDER, seq: 3, ...over };
    const row = { timeMs: 5, order, keys: [], columns: [] };
    expect(decodeRows(encodeRow(row))).toEqual([row]);
  });

  it("is an order: antisymmetric, and transitive", () => {
    const property = fc.property(order, order, order, (a, b, c) => {
      expect(Math.sign(compareOrder(a, b))).toBe(-Math.sign(compareOrder(b, a)) + 0);
      if (compareOrder(a, b) <= 0 && compareOrder(b, c) <= 0) {
        expect(compareOrder(a, c)).toBeLessThanOrEqual(0);
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  it("comes back as it was saved, and from what 0.1 saved as time and seq", () => {
    fc.assert(
      fc.property(order, (one) => {
        expect(loadOrder(saveOrder(one))).toEqual(one);
      }),
    );
    expect(loadOrder([1000, 7])).toEqual({ seenMs: 1000, seq: 7, place: [0], contents: 0 });
  });

  it("tells contents apart by their bytes alone, by a number that is never 0", () => {
    const property = fc.property(fc.uint8Array(), fc.nat(5), (bytes, before) => {
      const inside = Buffer.concat([new Uint8Array(before), bytes, new Uint8Array(3)]);
      const hash = contentsHash(bytes, 0, bytes.length);
      expect(contentsHash(inside, before, before + bytes.length)).toBe(hash);
      expect(Number.isSafeInteger(hash) && hash > 0).toBe(true);
    });
    fc.assert(property);
    expect(contentsHash(Buffer.from("a"), 0, 1)).not.toBe(contentsHash(Buffer.from("b"), 0, 1));
  });
});
