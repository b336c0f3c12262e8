import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExactSum } from "./exact-sum.ts";

function sumOf(terms: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const term of terms) sum.add(term);
  return sum;
}

describe("ExactSum", () => {
  it("sums what plain addition cannot", () => {
    expect(sumOf([1e16, 1, -1e16]).value()).toBe(1);
    expect(sumOf([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]).value()).toBe(1);
    expect(sumOf([]).value()).toBe(0);
  });

  it("gives the same digits in any order and any split", () => {
    const terms = fc.array(fc.double({ noNaN: true, min: -1e200, max: 1e200 }), { maxLength: 40 });
    fc.assert(
      fc.property(terms, fc.nat(), (values, cut) => {
        const at = values.length === 0 ? 0 : cut % values.length;
        const turned = [...values.slice(at), ...values.slice(0, at)].reverse();
        const merged = sumOf(values.slice(0, at));
        merged.merge(sumOf(values.slice(at)));
        expect(sumOf(turned).value()).toBe(sumOf(values).value());
        expect(merged.value()).toBe(sumOf(values).value());
      }),
    );
  });

  it.each([
    ["up", [1, 2 ** -53, 2 ** -106], 1 + 2 ** -52],
    ["to even, at exactly the half", [1, 2 ** -53], 1],
    ["down", [1, 2 ** -53, -(2 ** -106)], 1],
    ["up, of negative numbers", [-1, -(2 ** -53), 2 ** -106], -1],
    ["down, of negative numbers", [-1, -(2 ** -53), -(2 ** -106)], -1 - 2 ** -52],
  ])("rounds once, by all that is below: %s", (_, terms, expected) => {
    expect(sumOf(terms).value()).toBe(expected);
    expect(sumOf(terms.toReversed()).value()).toBe(expected);
  });

  it("is exact: agrees with integer arithmetic past 2^53", () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger(), { maxLength: 50 }), (values) => {
        const exact = values.reduce((sum, value) => sum + BigInt(value), 0n);
        expect(sumOf(values).value()).toBe(Number(exact));
      }),
    );
  });
});
