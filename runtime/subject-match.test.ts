import { describe, expect, it } from "vitest";
import { subjectMatches } from "./subject-match.ts";

describe("subjectMatches", () => {
  it.each([
    ["a.b", "a.b", true],
    ["a.b", "a.b.c", false],
    ["a.*.c", "a.b.c", true],
    ["a.*", "a.b.c", false],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    [">", "a", true],
    ["a.b.c", "a.b", false],
  ])("%s on %s is %s", (filter, subject, matches) => {
    expect(subjectMatches(filter, subject)).toBe(matches);
  });
});
