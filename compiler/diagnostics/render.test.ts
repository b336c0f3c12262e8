import { describe, expect, it } from "vitest";
import { CODES, explainCode, severityOf } from "./codes.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticsJson, renderDiagnostics } from "./render.ts";

function diagnostic(span: [number, number], extra: Partial<Diagnostic> = {}): Diagnostic {
  const at = { start: span[0], end: span[1] };
  return {
    code: "FPL0205",
    severity: "error",
    message: "wrong",
    file: "a.fpl",
    span: at,
    ...extra,
  };
}

function render(text: string, one: Diagnostic): string[] {
  return renderDiagnostics([one], new Map([["a.fpl", text]])).split("\n");
}

describe("renderDiagnostics", () => {
  it("shows the line, carets, label and help", () => {
    const one = diagnostic([7, 10], { label: "here", help: "do this" });
    expect(render("first\n  bad line\n", one)).toEqual([
      "error[FPL0205]: wrong",
      " --> a.fpl:2:2",
      "2 |   bad line",
      "  |  ^^^ here",
      "  = help: do this",
      "",
    ]);
  });

  it("counts columns in code points and puts carets under wide characters", () => {
    const text = "日本👍 bad";
    expect(render(text, diagnostic([5, 8])).slice(1, 4)).toEqual([
      " --> a.fpl:1:5",
      "1 | 日本👍 bad",
      "  |        ^^^",
    ]);
    expect(render(text, diagnostic([0, 2]))[3]).toBe("  | ^^^^");
  });

  it("shows tabs as four spaces, and gives combining marks no column", () => {
    expect(render("\ta\u0301 bad", diagnostic([4, 7])).slice(2, 4)).toEqual([
      "1 |     a\u0301 bad",
      "  |       ^^^",
    ]);
  });

  it("marks only the first line of a longer span, and an empty one with one caret", () => {
    expect(render("ab\ncd", diagnostic([1, 5]))[3]).toBe("  |  ^");
    expect(render("ab", diagnostic([2, 2]))[3]).toBe("  |   ^");
  });

  it("keeps control characters of the source away from the terminal", () => {
    expect(render("a\u001B[31mb", diagnostic([0, 1]))[2]).toBe("1 | a·[31mb");
  });

  it("colours when asked", () => {
    const files = new Map([["a.fpl", "x"]]);
    const text = renderDiagnostics([diagnostic([0, 1])], files, { color: true });
    expect(text).toContain("\u001B[31;1merror[FPL0205]\u001B[0m");
  });
});

describe("diagnosticsJson", () => {
  it("gives positions from 1, in code points, ends exclusive", () => {
    const files = new Map([["a.fpl", "👍x\r\nyz"]]);
    const [one] = diagnosticsJson([diagnostic([2, 6])], files);
    expect(one).toEqual({
      file: "a.fpl",
      line: 1,
      column: 2,
      endLine: 2,
      endColumn: 2,
      code: "FPL0205",
      severity: "error",
      message: "wrong",
      help: null,
      fix: null,
    });
  });
});

describe("codes", () => {
  it("have a page each, warnings being the 09xx", () => {
    for (const [code, page] of Object.entries(CODES)) {
      expect(code).toMatch(/^FPL0[01234589]\d\d$/);
      expect(page.title).not.toBe("");
      expect(page.text).toMatch(/[.`]$/);
      expect(explainCode(code)).toContain(page.text);
    }
    expect(severityOf("FPL0901")).toBe("warning");
    expect(severityOf("FPL0405")).toBe("error");
    expect(explainCode("FPL9999")).toBeNull();
  });
});
