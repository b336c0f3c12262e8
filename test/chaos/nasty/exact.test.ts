import { describe, expect, it } from "vitest";
import { exactSum } from "./exact.ts";

const { MAX_VALUE } = Number;

describe("the exact sum of doubles", () => {
  it.each([
    [[], 0],
    [[-3.25], -3.25],
    [[0.1, 0.2], 0.30000000000000004],
    [[1e308, 1e308, -1.5e308], 5e307],
    [[5e-324, 5e-324], 1e-323],
    [[1, 1e-300, -1], 1e-300],
    // Ties go to the even neighbour, from below and from above.
    [[2 ** 53, 1], 2 ** 53],
    [[2 ** 53 + 2, 1], 2 ** 53 + 4],
    [[2 ** 53, 1, 5e-324], 2 ** 53 + 2],
    // Half a unit beyond the greatest double is the first that is rounded to infinity.
    [[MAX_VALUE, 2 ** 970], Number.POSITIVE_INFINITY],
    [[MAX_VALUE, 2 ** 970, -5e-324], MAX_VALUE],
    [[-MAX_VALUE, -MAX_VALUE], Number.NEGATIVE_INFINITY],
  ])("of %j is %d", (numbers, sum) => {
    expect(exactSum(numbers)).toBe(sum);
    expect(exactSum(numbers.toReversed())).toBe(sum);
  });
});
