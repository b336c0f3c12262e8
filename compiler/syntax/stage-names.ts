// The names of stages, and what people write instead of them.

import type { Report } from "../diagnostics/diagnostic.ts";
import { nearest } from "../diagnostics/suggest.ts";
import type { Ident } from "./ast.ts";

const STAGES = [
  "filter",
  "map",
  "let",
  "unnest",
  "dedup",
  "sample",
  "window",
  "reduce",
  "top",
  "emit",
  "lookup",
  "join",
  "branch",
  "to",
];

/** Whether a stage begins with `word`. */
export function isStageWord(word: string): boolean {
  return STAGES.includes(word);
}

/** Names of the same thing in SQL, jq, KQL and other languages. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["where", "filter"],
  ["having", "filter"],
  ["select", "map"],
  ["project", "map"],
  ["extend", "let"],
  ["set", "let"],
  ["flatmap", "unnest"],
  ["flatten", "unnest"],
  ["explode", "unnest"],
  ["distinct", "dedup"],
  ["group", "reduce"],
  ["aggregate", "reduce"],
  ["summarize", "reduce"],
  ["count", "reduce"],
  ["limit", "top"],
  ["sort", "top"],
  ["sink", "to"],
  ["into", "to"],
  ["output", "to"],
  ["switch", "branch"],
  ["match", "branch"],
]);

/** Reports `whre` as "unknown stage `whre`, did you mean `filter`?". */
export function unknownStage(name: Ident, report: Report): void {
  const meant = nearest(name.name, STAGES) ?? aliasOf(name.name);
  const hint = meant === null ? "" : `, did you mean \`${meant}\`?`;
  const extra =
    meant === null
      ? { help: `stages are ${STAGES.map((stage) => `\`${stage}\``).join(", ")}` }
      : { fix: { span: name.span, text: meant } };
  report("FPL0102", name.span, `unknown stage \`${name.name}\`${hint}`, extra);
}

function aliasOf(name: string): string | null {
  const alias = nearest(name, ALIASES.keys());
  return alias === null ? null : (ALIASES.get(alias) ?? null);
}
