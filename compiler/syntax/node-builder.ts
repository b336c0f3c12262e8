// What the rules of the expression grammar build, apart from the grammar itself.

import {
  EmbeddedActionsParser,
  type IParserErrorMessageProvider,
  type IToken,
  tokenMatcher,
} from "chevrotain";
import type { Report } from "../diagnostics/diagnostic.ts";
import type { EntryNode, ExprNode, ExprShape, Ident, Span, Step, StringNode } from "./ast.ts";
import { tokenSpan } from "./lexer.ts";
import * as literals from "./literals.ts";
import { errorNode, makeNode } from "./node.ts";
import { binaryOp, type Infix } from "./precedence.ts";
import * as T from "./tokens.ts";

/** What a parser needs besides tokens. */
export type ParserHost = {
  readonly report: Report;
  /** Inside `jmes'…'`: only JMESPath is accepted, and `true` is a field. */
  readonly strict: boolean;
  /** Parses the contents of a `jmes'…'` token. */
  readonly parseJmes: (token: IToken, span: Span) => ExprNode;
};

const KEYWORD_LITERALS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

export abstract class NodeBuilder extends EmbeddedActionsParser {
  protected host: ParserHost = {
    report: () => {},
    strict: false,
    parseJmes: (_token, span) => errorNode(span),
  };

  constructor(errorMessageProvider: IParserErrorMessageProvider) {
    super(T.STRICT_TOKENS, { recoveryEnabled: true, maxLookahead: 2, errorMessageProvider });
  }

  protected node(shape: ExprShape, from: IToken): ExprNode {
    return makeNode(shape, this.since(from), this.host.report);
  }

  /** From the start of `from` to the end of the last token read. */
  protected since(from: IToken): Span {
    const last = this.LA(0);
    const end = last === undefined ? 0 : tokenSpan(last).end;
    const start = tokenSpan(from, end).start;
    return { start, end: Math.max(start, end) };
  }

  protected ident(token: IToken): Ident {
    return { name: token.image, span: tokenSpan(token, this.since(token).end) };
  }

  protected variableName(token: IToken): Ident {
    return { ...this.ident(token), name: token.image.slice(1) };
  }

  protected string(token: IToken): StringNode {
    const { span } = this.ident(token);
    if (token.image === "") return { value: "", span };
    return { value: literals.rawString(token.image, span, this.host.report), span };
  }

  protected literalNode(token: IToken): ExprNode {
    const { image } = token;
    const { span } = this.ident(token);
    const { report } = this.host;
    const node = (shape: ExprShape) => makeNode(shape, span, report);
    switch (token.tokenType) {
      case T.JsonLiteral:
        return node({ kind: "literal", value: literals.jsonLiteral(image, span, report) });
      case T.NumberLiteral:
        this.only("a bare number", token);
        return node({ kind: "literal", value: literals.numberValue(image, span, report) });
      case T.Duration:
        this.only("a duration", token);
        return node({ kind: "duration", ms: literals.durationMs(image, span, report) });
      case T.Instant:
        this.only("an instant", token);
        return node({ kind: "instant", ms: literals.instantMs(image, span, report) });
      case T.Regex:
        this.only("a regular expression", token);
        return node({ kind: "regex", source: literals.regexSource(image, span, report) });
      case T.Jmes:
        this.only("jmes'…'", token);
        return this.host.strict ? errorNode(span) : this.host.parseJmes(token, span);
      case T.Variable:
        return node({ kind: "variable", name: image.slice(1) });
      case T.At:
        return node({ kind: "current" });
      case T.Dollar:
        return node({ kind: "root" });
      default:
        return node({ kind: "literal", value: literals.rawString(image, span, report) });
    }
  }

  protected quoted(token: IToken): ExprNode {
    const { span } = this.ident(token);
    const name = literals.quotedName(token.image, span, this.host.report);
    return makeNode({ kind: "field", name, quoted: true }, span, this.host.report);
  }

  protected entryOf(key: IToken, value: ExprNode | null): EntryNode {
    const { span } = this.ident(key);
    const quoted = tokenMatcher(key, T.QuotedName);
    const name = quoted ? literals.quotedName(key.image, span, this.host.report) : key.image;
    if (value === null) this.only("the short form `{ a }`", key);
    const short = () => makeNode({ kind: "field", name, quoted }, span, this.host.report);
    return { name: { name, span }, value: value ?? short() };
  }

  protected path(base: ExprNode, steps: readonly Step[]): ExprNode {
    if (steps.length === 0) return base;
    const last = steps.at(-1)?.span ?? base.span;
    const span = { start: base.span.start, end: last.end };
    return makeNode({ kind: "path", base, steps }, span, this.host.report);
  }

  /** `true`, `false`, `null` are literals where no field can stand; in JMESPath they are fields. */
  protected keywordLiteral(base: ExprNode): ExprNode {
    if (this.host.strict || base.kind !== "field" || base.quoted) return base;
    const value = KEYWORD_LITERALS.get(base.name);
    return value === undefined ? base : { kind: "literal", value, span: base.span, depth: 1 };
  }

  /** `@`, where a path begins with `*` or `[…]`. */
  protected currentAt(from: IToken): ExprNode {
    const { start } = this.ident(from).span;
    return { kind: "current", span: { start, end: start }, depth: 1 };
  }

  protected unary(prefix: IToken, of: ExprNode): ExprNode {
    const span = { start: tokenSpan(prefix, of.span.start).start, end: of.span.end };
    const op = prefix.image === "!" ? "!" : prefix.image === "+" ? "+" : "-";
    return makeNode({ kind: "unary", op, of }, span, this.host.report);
  }

  protected binary(token: IToken): Infix {
    const op = binaryOp(token.image);
    if (op === "has" || op === "matches" || op === "??") this.only(`\`${op}\``, token);
    return { op };
  }

  protected combine(infix: Infix, left: ExprNode, right: ExprNode): ExprNode {
    const span = { start: left.span.start, end: Math.max(left.span.end, right.span.end) };
    const { strict, report } = this.host;
    return infix.op === "?"
      ? makeNode({ kind: "cond", test: left, yes: infix.middle, no: right }, span, report)
      : makeNode({ kind: "binary", op: infix.op, left, right, strict }, span, report);
  }

  protected sliceStep(parts: readonly (number | null)[], last: IToken): Step {
    const span = tokenSpan(last);
    const [start = null, stop = null, step = null] = parts;
    if (parts.length > 3) this.host.report("FPL0108", span, "a slice has at most three numbers");
    if (parts.length === 1) return { kind: "index", at: start ?? 0, span };
    if (step === 0) this.host.report("FPL0108", span, "the step of a slice cannot be 0");
    return { kind: "slice", start, stop, step: step === null || step === 0 ? 1 : step, span };
  }

  protected integerOf(token: IToken): number {
    const { span } = this.ident(token);
    if (/^\d+$/.test(token.image)) {
      return literals.numberValue(token.image, span, this.host.report);
    }
    if (token.image !== "") this.host.report("FPL0108", span, "an index is a whole number");
    return 0;
  }

  /** Reports what is not JMESPath when inside `jmes'…'`. */
  protected only(what: string, token: IToken): void {
    if (!this.host.strict) return;
    this.host.report("FPL0107", this.ident(token).span, `${what} is not JMESPath`);
  }
}
