// Every diagnostic code, once: its title and the page `fpaas explain CODE` prints. A released code is
// never used again for something else.

import { NAME_CODES, TYPE_CODES } from "./codes-names.ts";
import { SINK_CODES, STATE_CODES, WARNING_CODES } from "./codes-stages.ts";
import { LEX_CODES, SYNTAX_CODES } from "./codes-syntax.ts";
import { TEST_CODES } from "./codes-tests.ts";

export type CodePage = {
  /** A few words, as a heading. */
  readonly title: string;
  /** What it means and what to do. */
  readonly text: string;
};

/** 00xx lex, 01xx syntax, 02xx types, 03xx names, 04xx windows and state, 05xx sinks, 09xx warnings. */
export const CODES = {
  ...LEX_CODES,
  ...SYNTAX_CODES,
  ...TYPE_CODES,
  ...NAME_CODES,
  ...TEST_CODES,
  ...STATE_CODES,
  ...SINK_CODES,
  ...WARNING_CODES,
} as const satisfies Readonly<Record<string, CodePage>>;

export type Code = keyof typeof CODES;

/** Whether `text` is a code of this release. */
export function isCode(text: string): text is Code {
  return Object.hasOwn(CODES, text);
}

/** Warnings are the 09xx codes; all others are errors. */
export function severityOf(code: Code): "error" | "warning" {
  return Object.hasOwn(WARNING_CODES, code) ? "warning" : "error";
}

/** The page of `code` as `fpaas explain` prints it; null when there is no such code. */
export function explainCode(code: string): string | null {
  if (!isCode(code)) return null;
  const { title, text } = CODES[code];
  return `${severityOf(code)}[${code}]: ${title}\n\n${text}\n`;
}
