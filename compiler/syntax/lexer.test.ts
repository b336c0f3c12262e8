import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lex, tokenSpan } from "./lexer.ts";

const PIECES = [
  ...Array.from("(){}[]|>&!=<.,:@$+-*/%?#'\"`\\~;^ \n\t≥×÷−é👍\u0000\uD800"),
  "|>",
  "??",
  "=>",
  "..",
  "5m",
  "1%",
  "'it\\'s'",
  "t'2026-01-01T00:00:00Z'",
  "r'a+'",
  "jmes'a.b'",
  '"quoted"',
  "`[1]`",
  "$name",
  "filter",
  "pipeline",
  "# comment\n",
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string()), { maxLength: 40 })
  .map((parts) => parts.join(""));

function images(source: string): string[] {
  return lex(source, "fpl", () => {}).tokens.map((token) => token.image);
}

function types(source: string): string[] {
  return lex(source, "fpl", () => {}).tokens.map((token) => token.tokenType.name);
}

describe("lex", () => {
  it("puts every character in one token: spans tile the text", () => {
    fc.assert(
      fc.property(
        text,
        fc.constantFrom("fpl" as const, "jmespath" as const),
        (source, language) => {
          const { tokens, trivia, unknown } = lex(source, language, () => {});
          const spans = [...tokens, ...trivia, ...unknown].map((token) => tokenSpan(token));
          spans.sort((a, b) => a.start - b.start);
          let end = 0;
          for (const span of spans) {
            expect(span.start).toBe(end);
            expect(span.end).toBeGreaterThan(span.start);
            end = span.end;
          }
          expect(end).toBe(source.length);
        },
      ),
    );
  });

  it("reports a run of unknown characters once", () => {
    const messages: string[] = [];
    lex("a ~~~ b ; c", "fpl", (code, span, message) => {
      messages.push(`${code} ${span.start}-${span.end} ${message}`);
    });
    expect(messages).toEqual(["FPL0001 2-5 unexpected `~~~`", "FPL0001 8-9 unexpected `;`"]);
  });

  it("tells keywords from names that begin with them", () => {
    expect(types("to top topic_x")).toEqual(["Keyword_to", "Keyword_top", "Identifier"]);
  });

  it("takes the longest operator", () => {
    expect(images("a|>b||c|d??e?f..g.h//i=>j")).toEqual(
      "a |> b || c | d ?? e ? f .. g . h // i => j".split(" "),
    );
  });

  it("tells numbers from durations and ranges", () => {
    expect(types("5 5m 1.5 1e3 250ms 1..2")).toEqual([
      "NumberLiteral",
      "Duration",
      "NumberLiteral",
      "NumberLiteral",
      "Duration",
      "NumberLiteral",
      "DotDot",
      "NumberLiteral",
    ]);
  });

  it("ends an unclosed string at its line, so that the next line is read", () => {
    expect(images("'abc\n|> filter")).toEqual(["'abc", "|>", "filter"]);
  });

  it("lets strings span lines only inside jmes'…'", () => {
    expect(types("jmes'a\n.b'")).toEqual(["Jmes"]);
    expect(lex("'a\nb'", "jmespath", () => {}).tokens).toHaveLength(1);
  });
});
