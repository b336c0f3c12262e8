import fc from "fast-check";
import { expect, it } from "vitest";
import { subjectMatches } from "../subject-match.ts";
import { isCovered, subjectUnion, UNION_FILTERS_MAX } from "./subject-union.ts";

it("keeps what does not overlap, and drops what another covers", () => {
  expect(subjectUnion(["f.p.0.a", "f.p.0.b", "f.p.0.a"])).toEqual(["f.p.0.a", "f.p.0.b"]);
  expect(subjectUnion(["f.p.0.a.b", "f.p.0.>", "f.p.1.a"])).toEqual(["f.p.0.>", "f.p.1.a"]);
});

it("makes of two filters that overlap the narrowest that covers both", () => {
  expect(subjectUnion(["f.0.c.*.app.post", "f.0.c.create.>"])).toEqual(["f.0.c.*.>"]);
  expect(subjectUnion(["f.*.b", "f.a.*"])).toEqual(["f.*.*"]);
});

it("reads whole partitions with one filter more than its limit", () => {
  const filters = Array.from({ length: UNION_FILTERS_MAX }, (_, i) => `f.p.${i % 2}.c.x${i}`);
  expect(subjectUnion(filters)).toHaveLength(UNION_FILTERS_MAX);
  expect(subjectUnion([...filters, "f.p.1.c.y"])).toEqual(["f.p.0.>", "f.p.1.>"]);
});

const token = fc.constantFrom("a", "b", "c");
const filter = fc
  .tuple(fc.array(fc.oneof(token, fc.constant("*")), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, rest]) => (rest ? [...tokens, ">"] : tokens).join("."));
const subject = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join("."));

it("lets through all that any filter does, by filters of which no two match the same", () => {
  fc.assert(
    fc.property(fc.array(filter, { minLength: 1, maxLength: 6 }), subject, (filters, one) => {
      const union = subjectUnion(filters);
      const matching = union.filter((wide) => subjectMatches(wide, one));
      expect(matching.length).toBeLessThanOrEqual(1);
      if (filters.some((narrow) => subjectMatches(narrow, one))) expect(matching).toHaveLength(1);
      expect(filters.every((narrow) => isCovered(narrow, union))).toBe(true);
    }),
  );
});
