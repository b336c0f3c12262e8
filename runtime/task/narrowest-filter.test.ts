import fc from "fast-check";
import { expect, it } from "vitest";
import { subjectMatches } from "../subject-match.ts";
import { isCovered, narrowestFilter } from "./narrowest-filter.ts";

it("keeps the tokens that all have", () => {
  expect(narrowestFilter(["f.0.c.create.post"])).toBe("f.0.c.create.post");
  expect(narrowestFilter(["f.0.c.create.post", "f.0.c.delete.post"])).toBe("f.0.c.*.post");
  expect(narrowestFilter(["f.0.c.*.app.post", "f.0.c.create.>"])).toBe("f.0.c.>");
  expect(narrowestFilter(["f.0.c.create.post", "f.0.watermark"])).toBe("f.0.>");
  expect(narrowestFilter(["f.0.c.create.post", "f.1.watermark"])).toBe("f.>");
  expect(narrowestFilter(["f.0", "f.0.a"])).toBe("f.>");
});

const token = fc.constantFrom("a", "b", "c");
/** Below a first token that all have, as those of a stream do. */
const filter = fc
  .tuple(fc.array(fc.oneof(token, fc.constant("*")), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, rest]) => ["s", ...tokens, ...(rest ? [">"] : [])].join("."));
const subject = fc
  .array(token, { minLength: 1, maxLength: 5 })
  .map((tokens) => ["s", ...tokens].join("."));

it("lets through all that any filter does", () => {
  fc.assert(
    fc.property(fc.array(filter, { minLength: 1, maxLength: 6 }), subject, (filters, one) => {
      const wide = narrowestFilter(filters);
      if (filters.some((narrow) => subjectMatches(narrow, one))) {
        expect(subjectMatches(wide, one)).toBe(true);
      }
      expect(filters.every((narrow) => isCovered(narrow, wide))).toBe(true);
    }),
  );
});
