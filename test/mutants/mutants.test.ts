// The list of faults does not rot: each still changes exactly one place, and names tests that are there.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mutate, mutateFile } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const MUTANTS_MIN = 60;

describe("the faults of npm run mutants", () => {
  it("are many", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(MUTANTS_MIN);
  });

  it("apply, each at exactly one place", () => {
    const stale = MUTANTS.filter((mutant) => mutateFile(ROOT, mutant) === null);
    expect(stale.map(({ file, find }) => `${file}: ${find}`)).toEqual([]);
  });

  it("change one line each, and no two of them are the same", () => {
    for (const { find, replace } of MUTANTS) {
      const kept = find.split("\n").filter((line) => replace.split("\n").includes(line));
      expect(find.split("\n").length - kept.length, find).toBeLessThanOrEqual(1);
    }
    const texts = MUTANTS.map(({ file, find, replace }) => `${file} ${find} ${replace}`);
    expect(texts).toEqual([...new Set(texts)]);
  });

  it("name test files that are there", () => {
    const suites = new Set(MUTANTS.flatMap(({ suite }) => suite));
    expect([...suites].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(MUTANTS.filter(({ suite }) => suite.length === 0)).toEqual([]);
  });
});

describe("a fault", () => {
  const mutant = { file: "a.ts", find: "a + b", replace: "a - b", suite: [], why: "" };

  it("changes one place", () => {
    expect(mutate("x = a + b;", mutant)).toBe("x = a - b;");
  });

  it.each([
    ["the text is missing", "x = a * b;", mutant],
    ["the text is there twice", "x = a + b; y = a + b;", mutant],
    ["it changes nothing", "x = a + b;", { ...mutant, replace: "a + b" }],
  ])("does not apply when %s", (_, source, one) => {
    expect(mutate(source, one)).toBeNull();
  });

  it("does not apply to a file that is not there", () => {
    expect(mutateFile(ROOT, mutant)).toBeNull();
  });
});
