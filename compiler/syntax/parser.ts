// Tokens to tree. Always gives a tree; what could not be read is an error node and a diagnostic, and
// one mistake is reported once.

import {
  EOF,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  MismatchedTokenException,
  NoViableAltException,
  type TokenType,
} from "chevrotain";
import type { Report } from "../diagnostics/diagnostic.ts";
import type { ExprNode, ProgramNode, Span } from "./ast.ts";
import { FileParser } from "./file-parser.ts";
import { hintFor, isSingleEquals } from "./hints.ts";
import { type Lexed, lex, tokenSpan } from "./lexer.ts";
import { jmesText } from "./literals.ts";
import { tooDeep } from "./nesting.ts";
import { errorNode, makeNode } from "./node.ts";
import * as T from "./tokens.ts";

/** Longest source text, in UTF-16 code units; one more is FPL0191. */
export const SOURCE_LENGTH_MAX = 262_144;

/** Parses a file. Never throws. */
export function parse(text: string, reportAll: Report): ProgramNode {
  const report = depthOnce(reportAll);
  if (text.length > SOURCE_LENGTH_MAX) {
    const span = { start: SOURCE_LENGTH_MAX, end: SOURCE_LENGTH_MAX };
    report("FPL0191", span, `a source file has at most ${SOURCE_LENGTH_MAX} characters`);
    return { items: [] };
  }
  const lexed = lex(text, "fpl", report);
  const { tokens } = lexed;
  if (refuseDeep(tokens, report)) return { items: [] };
  const host = {
    report,
    strict: false,
    parseJmes: (token: IToken, span: Span) => parseJmes(token, span, report),
  };
  const parser = parsers.fpl;
  parser.read(tokens, host);
  const program = parser.program();
  reportErrors(parser.errors, lexed, text.length, report);
  return program;
}

/** What nests too deeply is reported once: it would be again for every level above. */
function depthOnce(report: Report): Report {
  let reported = false;
  return (code, span, message, extra) => {
    if (code === "FPL0190" && reported) return;
    reported ||= code === "FPL0190";
    report(code, span, message, extra);
  };
}

/** Parses the contents of a `jmes'…'` token with its own parser: the outer one is busy. */
function parseJmes(token: IToken, span: Span, report: Report): ExprNode {
  const { text, offsets } = jmesText(token.image, span, report);
  const inSource: Report = (code, at, message, extra) =>
    report(code, outer(at, offsets), message, extra);
  const { tokens, unknown } = lex(text, "jmespath", inSource);
  if (refuseDeep(tokens, inSource)) return errorNode(span);
  const located = tokens.map((one) => relocate(one, offsets));
  const parser = parsers.jmespath;
  const host = { report, strict: true, parseJmes: () => errorNode(span) };
  parser.read(located, host);
  const expr = parser.expressionOnly();
  reportErrors(
    parser.errors,
    { tokens: located, unknown: unknown.map((one) => relocate(one, offsets)) },
    span.end - 1,
    report,
  );
  return makeNode({ kind: "jmes", expr }, span, report);
}

/** A span in the text of a `jmes'…'` as a span of the source. */
function outer(at: Span, offsets: readonly number[]): Span {
  const end = offsets.at(-1) ?? 0;
  return { start: offsets[at.start] ?? end, end: offsets[at.end] ?? end };
}

function relocate(token: IToken, offsets: readonly number[]): IToken {
  return { ...token, startOffset: offsets[token.startOffset] ?? token.startOffset };
}

function refuseDeep(tokens: readonly IToken[], report: Report): boolean {
  const deep = tooDeep(tokens);
  if (deep === null) return false;
  report("FPL0190", tokenSpan(deep), "this nests too deeply", {
    help: "name a part of it with `let` or `fn`",
  });
  return true;
}

/** What a message says it expected; carried to `reportErrors` inside the exception's message. */
const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, ruleName }) =>
    `expected ${ruleName === "pipeline" && expected === T.RBrace ? "`|>` or `}`" : labelOf(expected)}`,
  buildNotAllInputParsedMessage: () => "expected an operator or the end",
  buildNoViableAltMessage: ({ customUserDescription, expectedPathsPerAlt }) =>
    `expected ${customUserDescription ?? firstLabels(expectedPathsPerAlt.flat())}`,
  buildEarlyExitMessage: ({ customUserDescription, expectedIterationPaths }) =>
    `expected ${customUserDescription ?? firstLabels(expectedIterationPaths)}`,
};

const parsers = { fpl: new FileParser(messages), jmespath: new FileParser(messages) };

function labelOf(type: TokenType): string {
  return type === EOF ? "`pipeline` or another declaration" : (type.LABEL ?? type.name);
}

function firstLabels(paths: readonly (readonly TokenType[])[]): string {
  const labels = new Set(paths.flatMap((path) => path.slice(0, 1)).map(labelOf));
  const list = [...labels].slice(0, 6);
  const last = list.pop() ?? "something else";
  return list.length === 0 ? last : `${list.join(", ")} or ${last}`;
}

/**
 * After an error, or characters the lexer refused, the next one is reported only beyond one of these: the
 * rest is a cascade.
 */
const SYNC = new Set<TokenType>([T.Pipe, T.Pipeline, T.Test, T.Fn, T.Param, T.Import]);

function reportErrors(
  errors: readonly IRecognitionException[],
  { tokens, unknown }: Pick<Lexed, "tokens" | "unknown">,
  end: number,
  report: Report,
): void {
  const known = unknown.map((token) => ({ error: null, at: positionOf(token, tokens) }));
  const found = errors.map((error) => ({ error, at: positionOf(error.token, tokens) }));
  let covered = -1;
  for (const { error, at } of [...known, ...found].sort((a, b) => a.at - b.at)) {
    if (at < covered) continue;
    if (error !== null) reportError(error, tokens[at - 1], end, report);
    covered = nextSync(tokens, at);
  }
}

/** Index of `token` among `tokens`; of the end, their number. */
function positionOf(token: IToken, tokens: readonly IToken[]): number {
  if (token.tokenType === EOF) return tokens.length;
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.startOffset ?? 0) < token.startOffset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nextSync(tokens: readonly IToken[], from: number): number {
  for (let i = from; i < tokens.length; i += 1) {
    const token = tokens[i];
    if (token !== undefined && SYNC.has(token.tokenType)) return i + 1;
  }
  return tokens.length + 1;
}

function reportError(
  error: IRecognitionException,
  before: IToken | undefined,
  end: number,
  report: Report,
): void {
  const atEnd = error.token.tokenType === EOF;
  const span = atEnd ? { start: end, end } : tokenSpan(error.token, end);
  const found = atEnd ? "the end" : `\`${shorten(error.token.image)}\``;
  const code =
    error instanceof MismatchedTokenException
      ? "FPL0101"
      : error instanceof NoViableAltException
        ? "FPL0103"
        : "FPL0104";
  if (isSingleEquals(error.token, before)) {
    report(code, span, "`=` does not compare, `==` does", {
      help: "write `==`; a single `=` gives a name to a value, as in `let n = …`",
      fix: { span, text: "==" },
    });
    return;
  }
  const help = atEnd ? undefined : hintFor(error.token, before);
  const extra = help === undefined ? {} : { help };
  report(code, span, `${error.message}, found ${found}`, extra);
}

const SHOWN_LENGTH_MAX = 30;

function shorten(image: string): string {
  const line = image.split("\n", 1)[0] ?? "";
  return line.length > SHOWN_LENGTH_MAX ? `${line.slice(0, SHOWN_LENGTH_MAX)}…` : line;
}
