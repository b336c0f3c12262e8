// Every diagnostic has a program that earns it, with the expected text, carets and all, at its end.
// `UPDATE_GOLDEN=1` writes what is rendered now; read the difference before you commit it.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { CODES, type Code, isCode } from "../../compiler/diagnostics/codes.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { ANY } from "../../compiler/types/type.ts";

const FOLDER = new URL("./", import.meta.url);
const MARK = "\n# --- expect\n";
/** Needs a program larger than anybody wants to read; tested beside the parser. */
const WITHOUT_GOLDEN: readonly Code[] = ["FPL0191"];

const names = readdirSync(FOLDER).filter((name) => name.endsWith(".fpl"));

describe("diagnostics", () => {
  it.each(names)("%s is rendered as it says", (name) => {
    const url = new URL(name, FOLDER);
    const [program = "", expected = ""] = readFileSync(url, "utf8").split(MARK);
    const { diagnostics, files } = compileGolden(name, program);
    const rendered = renderDiagnostics(diagnostics, files);
    if (process.env.UPDATE_GOLDEN === "1") {
      writeFileSync(url, `${program}${MARK}${comment(rendered)}`);
    } else {
      expect(comment(rendered)).toBe(expected);
    }
    expect(diagnostics.length).toBeGreaterThan(0);
  });

  it.each(names)("the fixes for %s can be applied and take the diagnostic away", (name) => {
    const [program = ""] = readFileSync(new URL(name, FOLDER), "utf8").split(MARK);
    for (const diagnostic of compileGolden(name, program).diagnostics) {
      if (diagnostic.fix === undefined) continue;
      const { span, text } = diagnostic.fix;
      const fixed = program.slice(0, span.start) + text + program.slice(span.end);
      const after = compileGolden(name, fixed).diagnostics;
      expect(after.map(key)).not.toContain(key(diagnostic));
    }
  });

  it("have a golden program each", () => {
    const shown = new Set(
      names.flatMap((name) => {
        const [program = ""] = readFileSync(new URL(name, FOLDER), "utf8").split(MARK);
        return compileGolden(name, program).diagnostics.map((one) => one.code);
      }),
    );
    const missing = Object.keys(CODES).filter((code) => isCode(code) && !shown.has(code));
    expect(missing).toEqual(WITHOUT_GOLDEN);
  });
});

function key({ code, message }: Diagnostic): string {
  return `${code} ${message}`;
}

function compileGolden(file: string, text: string) {
  const [, line = ""] = /^# params: (.*)$/m.exec(text) ?? [];
  const params = Object.fromEntries(
    line.split(" ").flatMap((pair) => (pair === "" ? [] : [pair.split("=")])),
  ) as Record<string, string>;
  const [, topics = null] = /^# topics: (.*)$/m.exec(text) ?? [];
  const known = new Map((topics?.split(" ") ?? []).map((topic) => [topic, ANY]));
  const project = { topics: known, wholeProject: topics !== null };
  return compile({ file, text }, { params, readImport, ...project });
}

function readImport(path: string): string | null {
  const url = new URL(path, FOLDER);
  return existsSync(url) ? readFileSync(url, "utf8") : null;
}

function comment(text: string): string {
  return text
    .split("\n")
    .map((line) => `# ${line}`.trimEnd())
    .join("\n")
    .replace(/#$/, "");
}
