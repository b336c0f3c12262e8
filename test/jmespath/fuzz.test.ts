// A little of `npm run fuzz:jmespath`, and that each of its rules still has something to explain.

import { describe, expect, it } from "vitest";
import { agree, engineOf, STRICT } from "./engines.ts";
import { fuzz, RULES } from "./fuzz.ts";

const CASES = 600;
const SEED = 1;

describe("random expressions", () => {
  it("give what two independent implementations give, or a rule says why not", () => {
    const report = fuzz(CASES, SEED, () => {});
    expect(report.cases).toBe(CASES);
    expect(report.values).toBeGreaterThan(CASES / 4);
    expect(report.explained.size).toBeGreaterThan(5);
  });
});

describe("the rules", () => {
  it.each(RULES)("of $against: $name", ({ against, example: [expression, given] }) => {
    const theirs = engineOf(against).evaluate(expression, given);
    expect(agree(STRICT.evaluate(expression, given), theirs)).toBe(false);
  });

  it("have names of their own", () => {
    const names = RULES.map(({ against, name }) => `${against}: ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });
});
