import { describe, expect, it } from "vitest";
import { listOf } from "./accumulator.ts";
import { QUANTILE_BUCKETS_MAX, Quantiles } from "./quantiles.ts";

/** A bucket each: every number is 3 % above the one before. */
const STEP = 1.03;

function bucketsOf(quantiles: Quantiles): number {
  const [, positive] = listOf(quantiles.save());
  return listOf(positive ?? null).length / 2;
}

describe("the buckets of a quantile", () => {
  it.each(["the least first", "the greatest first"])("have a bound, %s", (order) => {
    const count = 2 * QUANTILE_BUCKETS_MAX;
    const numbers = Array.from({ length: count }, (_, i) => 1e-50 * STEP ** i);
    if (order === "the greatest first") numbers.reverse();
    const quantiles = new Quantiles([0.5], true);
    for (const one of numbers) quantiles.add(one);
    expect(bucketsOf(quantiles)).toBeLessThanOrEqual(QUANTILE_BUCKETS_MAX);
    expect(bucketsOf(quantiles)).toBeGreaterThan(QUANTILE_BUCKETS_MAX / 3);
  });

  it("are the same whatever the order, and after they are saved", () => {
    const numbers = Array.from({ length: 5000 }, (_, i) => 1e-50 * STEP ** i);
    const [one, other, again] = [0, 1, 2].map(() => new Quantiles([0.1, 0.5, 0.99], false));
    for (const number of numbers) one?.add(number);
    for (const number of numbers.toReversed()) other?.add(number);
    again?.restore(one?.save() ?? null);
    expect(other?.result()).toEqual(one?.result());
    expect(again?.result()).toEqual(one?.result());
  });
});
