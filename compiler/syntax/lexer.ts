// Text to tokens. Nothing is ever skipped unseen: every character is in a token, and what is not
// understood is a diagnostic.

import { type IToken, Lexer } from "chevrotain";
import type { Report } from "../diagnostics/diagnostic.ts";
import type { Span } from "./ast.ts";
import { STRICT_TOKENS, TOKENS, TRIVIA_GROUP, UNKNOWN_GROUP } from "./tokens.ts";

const options = { positionTracking: "onlyOffset", recoveryEnabled: true } as const;
const lexers = { fpl: new Lexer(TOKENS, options), jmespath: new Lexer(STRICT_TOKENS, options) };

export type Lexed = {
  /** What the parser reads. */
  readonly tokens: IToken[];
  /** Whitespace and comments. */
  readonly trivia: IToken[];
  /** Characters that begin no token; reported. */
  readonly unknown: IToken[];
};

/** Splits `text`; the spans of tokens, trivia and unknown together tile it. */
export function lex(text: string, language: keyof typeof lexers, report: Report): Lexed {
  const result = lexers[language].tokenize(text);
  const unknown = result.groups[UNKNOWN_GROUP] ?? [];
  reportRuns(unknown, report);
  return { tokens: result.tokens, trivia: result.groups[TRIVIA_GROUP] ?? [], unknown };
}

/** The span of a token; of the end, or of one that recovery inserted, an empty span at `fallback`. */
export function tokenSpan(token: IToken, fallback = 0): Span {
  // Chevrotain gives these the offset NaN or -1.
  if (!(token.startOffset >= 0)) return { start: fallback, end: fallback };
  return { start: token.startOffset, end: token.startOffset + token.image.length };
}

/** One diagnostic for each run of neighbouring unknown characters. */
function reportRuns(unknown: readonly IToken[], report: Report): void {
  let run: Span | null = null;
  let text = "";
  for (const token of unknown) {
    const span = tokenSpan(token);
    if (run !== null && run.end === span.start) {
      run = { start: run.start, end: span.end };
      text += token.image;
      continue;
    }
    if (run !== null) reportRun(run, text, report);
    [run, text] = [span, token.image];
  }
  if (run !== null) reportRun(run, text, report);
}

const SHOWN_CHARACTERS_MAX = 20;

function reportRun(span: Span, text: string, report: Report): void {
  const shown = Array.from(text).slice(0, SHOWN_CHARACTERS_MAX).join("");
  const hint = HINTS[shown];
  report("FPL0001", span, `unexpected \`${shown}\``, hint === undefined ? {} : { help: hint });
}

const HINTS: Readonly<Record<string, string>> = {
  ";": "stages are separated by `|>` and nothing ends a line",
  "“": "use straight quotes: 'text'",
  "”": "use straight quotes: 'text'",
  "‘": "use straight quotes: 'text'",
  "’": "use straight quotes: 'text'",
  "≤": "write `<=`",
  "≥": "write `>=`",
  "≠": "write `!=`",
};
