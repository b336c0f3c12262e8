// Whatever a text has become under random edits, the parser gives a tree and the compiler an answer.

import fc from "fast-check";
import { expect, it } from "vitest";
import { compile } from "../compile.ts";
import { editedPrograms } from "../testing/programs.ts";
import type { Span } from "./ast.ts";
import { parse } from "./parser.ts";

const RUNS = 900;

it("gives a tree and spans inside the text for any edit of any program", () => {
  fc.assert(
    fc.property(editedPrograms(), (text) => {
      const spans: Span[] = [];
      const { items } = parse(text, (_code, span) => spans.push(span));
      expect(items.every(({ span }) => isInside(span, text))).toBe(true);
      expect(spans.filter((span) => !isInside(span, text))).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

it("compiles any edit of any program to plans or to errors, and never throws", () => {
  fc.assert(
    fc.property(editedPrograms(), (text) => {
      const { plans, diagnostics } = compile({ file: "edited.fpl", text });
      const failed = diagnostics.some(({ severity }) => severity === "error");
      expect(failed ? plans : []).toEqual([]);
    }),
    { numRuns: RUNS / 3 },
  );
});

function isInside({ start, end }: Span, text: string): boolean {
  return 0 <= start && start <= end && end <= text.length;
}
