import { describe, expect, it } from "vitest";
import { didYouMean, nearest } from "./suggest.ts";

describe("nearest", () => {
  const names = ["filter", "map", "window", "record"];

  it.each([
    ["fliter", "filter"],
    ["recrod", "record"],
    ["windows", "window"],
    ["MAP", "map"],
    ["zzz", null],
    ["a", null],
  ])("of %s is %s", (name, expected) => {
    expect(nearest(name, names)).toBe(expected);
  });

  it("makes a question, or nothing", () => {
    expect(didYouMean("fliter", names)).toBe(", did you mean `filter`?");
    expect(didYouMean("something", names)).toBe("");
  });
});
