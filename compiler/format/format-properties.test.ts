// The laws of the formatter, on every program, on random edits of them, and on random layouts.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../compile.ts";
import {
  allPrograms,
  commentsOf,
  editedPrograms,
  respacedPrograms,
  tokensOf,
} from "../testing/programs.ts";
import { formatProgram } from "./format.ts";

const RUNS = 250;

describe("formatting", () => {
  it("keeps its laws on every program", () => {
    for (const text of allPrograms()) expectLaws(text);
  });

  it("keeps its laws on whatever still parses after random edits", () => {
    fc.assert(fc.property(editedPrograms(), expectLaws), { numRuns: RUNS * 3 });
  });

  it("keeps its laws wherever the author put new lines and comments", () => {
    fc.assert(fc.property(respacedPrograms(), expectLaws), { numRuns: RUNS });
  });
});

/** Idempotent; the same tokens and comments in the same order; the same plans; no line left ragged. */
function expectLaws(text: string): void {
  const once = formatProgram({ file: "a.fpl", text });
  if (!once.ok) return;
  expect(tokensOf(once.text)).toEqual(tokensOf(text));
  expect(commentsOf(once.text)).toEqual(commentsOf(text));
  expect(formatProgram({ file: "a.fpl", text: once.text })).toEqual(once);
  expect(compile({ file: "a.fpl", text: once.text }).plans).toEqual(
    compile({ file: "a.fpl", text }).plans,
  );
}
