import { describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { printDuration, printExpr, printInstant } from "./print-expr.ts";

/** The expression of `let x = text`, lowered and printed back. */
function roundTrip(text: string): string {
  const source = `pipeline p { from topic('in') |> let x = ${text} |> to stdout }`;
  const { plans, diagnostics } = compile({ file: "a.fpl", text: source });
  expect(diagnostics).toEqual([]);
  const op = plans[0]?.stages[0]?.ops[0];
  return op?.op === "let" ? printExpr(op.expr) : "";
}

describe("printExpr", () => {
  it.each([
    "record.text",
    'a."b c"[0][-1]',
    "a[*].b[?c == 'x'].d",
    "a[].b[].c",
    "(a[*].b)[0]",
    "a.*.b | [0]",
    "[1:-1:2]",
    "a.[b, c]",
    "a.{ b, c: d }",
    "[a, 'it\\'s']",
    "(a || b) && !(c == d)",
    "a ?? b + c * -d",
    "a - (b - c)",
    "a ? b : c ? d : e",
    "x has y && z matches r'^a+$'",
    "exists(a.b)",
    "sort_by(a, &b)",
    "let $x = 1 in $x + 2",
    "$.a[?b == $.c]",
    "time - t'2026-01-01T00:00:00.000Z' > 90s",
    '`{"a":[1,null]}`',
    "null",
  ])("%s is printed as it was written", (text) => {
    expect(roundTrip(text)).toBe(text);
  });

  it("writes durations in the largest unit that is whole", () => {
    const durations = [0, 1, 1000, 90_000, 3_600_000, 172_800_000, 1500].map(printDuration);
    expect(durations).toEqual(["0ms", "1ms", "1s", "90s", "1h", "2d", "1500ms"]);
    expect(printInstant(0)).toBe("t'1970-01-01T00:00:00.000Z'");
  });
});
