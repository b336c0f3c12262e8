// Diagnostics as people read them, with the source and carets, and as JSON.

import type { Span } from "../syntax/ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { Locator, shown, width } from "./location.ts";

export type RenderOptions = {
  /** ANSI colours; off unless asked for. */
  readonly color?: boolean;
};

/** A diagnostic for machines. Lines and columns count from 1, columns in Unicode code points. */
export type DiagnosticJson = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly help: string | null;
  /** The edit that makes the diagnostic go away; null when there is none to offer. */
  readonly fix: FixJson | null;
};

/** What stands from the first position to the second is replaced by `text`. */
export type FixJson = {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly text: string;
};

/** All of them, an empty line between. `files` holds the texts by path. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  files: ReadonlyMap<string, string>,
  options: RenderOptions = {},
): string {
  const locate = locators(files);
  const paint = options.color === true ? colored : plain;
  return diagnostics.map((one) => render(one, locate(one.file), paint)).join("\n");
}

/** One object each, in the same order. */
export function diagnosticsJson(
  diagnostics: readonly Diagnostic[],
  files: ReadonlyMap<string, string>,
): DiagnosticJson[] {
  const locate = locators(files);
  return diagnostics.map(({ file, span, code, severity, message, help = null, fix }) => {
    const locator = locate(file);
    const edit = fix === undefined ? null : { ...rangeJson(fix.span, locator), text: fix.text };
    const range = rangeJson(span, locator);
    return { file, ...range, code, severity, message, help, fix: edit };
  });
}

function rangeJson(span: Span, locator: Locator): Omit<FixJson, "text"> {
  const [start, end] = [locator.at(span.start), locator.at(span.end)];
  return {
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
  };
}

type Paint = (style: "error" | "warning" | "frame" | "strong", text: string) => string;

const plain: Paint = (_style, text) => text;
const ANSI = { error: "31;1", warning: "33;1", frame: "34;1", strong: "1" } as const;
const colored: Paint = (style, text) => `\u001B[${ANSI[style]}m${text}\u001B[0m`;

/** Splits each text into lines once. */
function locators(files: ReadonlyMap<string, string>): (file: string) => Locator {
  const known = new Map<string, Locator>();
  return (file) => {
    const locator = known.get(file) ?? new Locator(files.get(file) ?? "");
    known.set(file, locator);
    return locator;
  };
}

function render(diagnostic: Diagnostic, locator: Locator, paint: Paint): string {
  const { code, severity, message, file, span, label, help } = diagnostic;
  const start = locator.at(span.start);
  const gutter = " ".repeat(String(start.line).length);
  const bar = paint("frame", "|");
  const text = locator.line(start.line);
  const { indent, carets } = marks(text, start.column, span.end - span.start);
  const pointer = `${carets}${label === undefined ? "" : ` ${label}`}`;
  const lines = [
    `${paint(severity, `${severity}[${code}]`)}${paint("strong", `: ${message}`)}`,
    `${gutter}${paint("frame", "-->")} ${file}:${start.line}:${start.column}`,
    `${paint("frame", String(start.line))} ${bar} ${shown(text)}`.trimEnd(),
    `${gutter} ${bar} ${indent}${paint(severity, pointer)}`,
  ];
  if (help !== undefined) lines.push(`${gutter} ${paint("frame", "=")} help: ${help}`);
  return `${lines.join("\n")}\n`;
}

/** Spaces up to the span and a caret under each column of its first line; at least one. */
function marks(line: string, column: number, length: number): { indent: string; carets: string } {
  const before = Array.from(line)
    .slice(0, column - 1)
    .join("");
  const marked = line.slice(before.length, before.length + length);
  return {
    indent: " ".repeat(width(before)),
    carets: "^".repeat(Math.max(1, width(marked))),
  };
}
