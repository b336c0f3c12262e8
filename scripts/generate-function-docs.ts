// Writes docs/functions.md from the builtins in compiler/builtins, in the form that biome gives Markdown.
// `node scripts/generate-function-docs.ts`

import { writeFileSync } from "node:fs";
import {
  type Builtin,
  describeSignature,
  GROUPS,
  type Group,
} from "../compiler/builtins/builtin.ts";
import { BUILTINS } from "../compiler/builtins/index.ts";
import type { Json } from "../plan/expr.ts";

const TARGET = new URL("../docs/functions.md", import.meta.url);

const INTRODUCTION = `<!-- Generated from compiler/builtins by \`node scripts/generate-function-docs.ts\`: do not edit. -->

# Functions

The builtin functions of [the language](language.md). In a signature \`?\` behind a type means that it may be null, and
behind a parameter that it may be left out; \`…\` before one, that there may be any number of it; \`&(… -> T)\` is an
expression such as \`&length(@)\`, asked for each element. An argument of another type is an error: of the compiler where
the type is known, else when the program runs. Text is counted in code points.

Every example below runs as a test: the expression, the record it is about (\`@\`), and what it gives, both as JSON.

\`exists(a.b)\`, whether a field is there at all, is a form of the language and no function. What a \`reduce\` takes are
[aggregates](language.md#aggregates).
`;

const HEADINGS: Readonly<Record<Group, string>> = {
  strings: "Strings",
  numbers: "Numbers",
  lists: "Lists",
  objects: "Objects",
  values: "Values of any type",
  time: "Time",
  firehose: "Records of the firehose",
};

/** The text of docs/functions.md. */
export function generateFunctionDocs(): string {
  const all: readonly Builtin[] = Object.values(BUILTINS);
  const sections = GROUPS.map((group) => {
    const members = all.filter((one) => one.group === group).map(renderFunction);
    return `\n## ${HEADINGS[group]}\n${members.join("")}`;
  });
  return INTRODUCTION + sections.join("");
}

function renderFunction({ name, signature, docs, examples }: Builtin): string {
  const rows = examples.map(({ expression, given, result }) => [
    code(expression),
    code(inline(given)),
    code(inline(result)),
  ]);
  const usage = `\`\`\`\n${describeSignature(name, signature)}\n\`\`\``;
  return `\n### ${name}\n\n${usage}\n\n${docs}\n\n${table(["expression", "of", "gives"], rows)}\n`;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** JSON on one line, with spaces as people set them. */
function inline(json: Json): string {
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  if (Array.isArray(json)) return `[${json.map(inline).join(", ")}]`;
  const fields = Object.entries(json).map(([name, of]) => `${JSON.stringify(name)}: ${inline(of)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** A table with its columns aligned. Counts UTF-16 units: right for what is one unit and column, or two and two. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) =>
    Math.max(cell.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[], fill: string): string =>
    `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width, fill)).join(" | ")} |`;
  return [line(head, " "), line([], "-"), ...rows.map((row) => line(row, " "))].join("\n");
}

if (import.meta.main) writeFileSync(TARGET, generateFunctionDocs());
