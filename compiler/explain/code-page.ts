// The page of a diagnostic: what it means, a program that earns it with what is said of it, and the
// program put right.

import { compile } from "../compile.ts";
import { type Code, explainCode, isCode } from "../diagnostics/codes.ts";
import type { Example, ExampleProgram } from "../diagnostics/examples/example.ts";
import { NAME_EXAMPLES } from "../diagnostics/examples/names.ts";
import { STAGE_EXAMPLES } from "../diagnostics/examples/stages.ts";
import { SYNTAX_EXAMPLES } from "../diagnostics/examples/syntax.ts";
import { renderDiagnostics } from "../diagnostics/render.ts";
import { ANY } from "../types/type.ts";

/** Their programs are larger than anybody wants to read. */
const WITHOUT_EXAMPLE = ["FPL0190", "FPL0191", "FPL0414"] as const;

const EXAMPLES: Readonly<Record<Exclude<Code, (typeof WITHOUT_EXAMPLE)[number]>, Example>> = {
  ...SYNTAX_EXAMPLES,
  ...NAME_EXAMPLES,
  ...STAGE_EXAMPLES,
};

/** What `fpaas explain` tells of a code, for machines. */
export type CodePageJson = {
  readonly code: string;
  readonly text: string;
  readonly wrong: string | null;
  /** What is said of the wrong program. */
  readonly rendered: string | null;
  readonly right: string | null;
};

/** Null when there is no such code. */
export function codePage(code: string): CodePageJson | null {
  const text = explainCode(code);
  if (text === null || !isCode(code)) return null;
  const example = exampleOf(code);
  if (example === null) return { code, text, wrong: null, rendered: null, right: null };
  const { diagnostics, files } = compileExample(example.wrong);
  const rendered = renderDiagnostics(diagnostics, files);
  return {
    code,
    text,
    wrong: shown(example.wrong),
    rendered,
    right: example.right && shown(example.right),
  };
}

/** The page as people read it. */
export function renderPage({ text, wrong, rendered, right }: CodePageJson): string {
  if (wrong === null || rendered === null) return text;
  const parts = [text, "This is wrong:\n", indented(wrong), indented(rendered)];
  if (right !== null) parts.push("This is right:\n", indented(right));
  return parts.join("\n");
}

/** @returns null for the codes whose programs are too large to show */
export function exampleOf(code: Code): Example | null {
  return Object.entries(EXAMPLES).find(([known]) => known === code)?.[1] ?? null;
}

export function compileExample({ text, params = {}, imports = {}, topics }: ExampleProgram) {
  const readImport = (path: string): string | null => imports[path] ?? null;
  const known = new Map((topics ?? []).map((topic) => [topic, ANY]));
  const project = { topics: known, wholeProject: topics !== undefined };
  return compile({ file: "example.fpl", text }, { params, readImport, ...project });
}

/** What it is compiled with goes before the program, as comments. */
function shown({ text, params = {}, imports = {}, topics = [] }: ExampleProgram): string {
  const lines = [
    ...Object.entries(params).map(([name, value]) => `# with --param ${name}=${value}`),
    ...Object.entries(imports).map(
      ([path, file]) => `# ${path}: ${file.trim().replace(/\n/g, "; ")}`,
    ),
    ...topics.map((topic) => `# another file writes topic '${topic}'`),
  ];
  return [...lines, text].join("\n");
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
