// The grammar of expressions: JMESPath and what we add. Flat in its operators (`precedence.ts` arranges
// them), so a nesting level costs few stack frames.

import type { IOrAlt, IToken, ParserMethod } from "chevrotain";
import type { Arg, EntryNode, ExprNode, Span, Step } from "./ast.ts";
import { errorNode } from "./node.ts";
import { NodeBuilder } from "./node-builder.ts";
import { arrange, type Infix } from "./precedence.ts";
import * as T from "./tokens.ts";

/** The alternatives of a choice that gives an `R`. */
export type Alts<R> = IOrAlt<R>[];
export type Rule<R> = ParserMethod<[], R>;
/** The span of what recovery made up. */
export const NOWHERE: Span = { start: 0, end: 0 };

const NO_STEP: Step = { kind: "sub", expr: errorNode(NOWHERE), span: NOWHERE };

export abstract class ExpressionParser extends NodeBuilder {
  /** expression = { "let" bindings "in" } operand { infix operand } */
  readonly expression: Rule<ExprNode> = this.RULE(
    "expression",
    () => {
      const from = this.LA(1);
      const lets: EntryNode[][] = [];
      this.MANY({
        GATE: () => this.LA(2).tokenType === T.Variable,
        DEF: () => lets.push(this.SUBRULE(this.letPrefix)),
      });
      const body = this.SUBRULE(this.infixes);
      return this.ACTION(() =>
        lets.reduceRight<ExprNode>(
          (inner, bindings) => this.node({ kind: "let", bindings, body: inner }, from),
          body,
        ),
      );
    },
    { recoveryValueFunc: () => errorNode(NOWHERE) },
  );

  private readonly letPrefix: Rule<EntryNode[]> = this.RULE<() => EntryNode[]>(
    "letPrefix",
    () => {
      const bindings: EntryNode[] = [];
      this.CONSUME(T.Let);
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        DEF: () => {
          const name = this.CONSUME(T.Variable);
          this.CONSUME(T.Assign);
          const value = this.SUBRULE(this.expression);
          this.ACTION(() => bindings.push({ name: this.variableName(name), value }));
        },
      });
      this.CONSUME(T.In);
      return bindings;
    },
    { recoveryValueFunc: () => [] },
  );

  private readonly infixes: Rule<ExprNode> = this.RULE(
    "infixes",
    () => {
      const first = this.SUBRULE(this.operand);
      const infixes: Infix[] = [];
      const rest: ExprNode[] = [];
      this.MANY(() => {
        this.OR<Alts<unknown>>([
          { ALT: () => infixes.push(this.binary(this.CONSUME(T.BinaryOperator))) },
          {
            ALT: () => {
              this.only("a conditional", this.CONSUME(T.Question));
              infixes.push({ op: "?", middle: this.SUBRULE(this.expression) });
              this.CONSUME(T.Colon);
            },
          },
        ]);
        rest.push(this.SUBRULE2(this.operand));
      });
      return this.ACTION(() =>
        arrange(first, infixes, rest, (infix, left, right) => this.combine(infix, left, right)),
      );
    },
    { recoveryValueFunc: () => errorNode(NOWHERE) },
  );

  /** operand = { "!" | "-" | "+" } primary { step } */
  private readonly operand: Rule<ExprNode> = this.RULE(
    "operand",
    () => {
      const prefixes: IToken[] = [];
      this.MANY(() => prefixes.push(this.CONSUME(T.PrefixOperator)));
      const base = this.SUBRULE(this.primary);
      const steps: Step[] = [];
      this.MANY2(() => {
        this.OR([
          { ALT: () => steps.push(this.SUBRULE(this.dotStep)) },
          { ALT: () => steps.push(this.SUBRULE(this.bracketStep)) },
        ]);
      });
      return this.ACTION(() => {
        const path = this.path(base, steps);
        return prefixes.reduceRight<ExprNode>((of, prefix) => this.unary(prefix, of), path);
      });
    },
    { recoveryValueFunc: () => errorNode(NOWHERE) },
  );

  private readonly dotStep: Rule<Step> = this.RULE<() => Step>(
    "dotStep",
    () => {
      const from = this.LA(1);
      this.CONSUME(T.Dot);
      return this.OR<Alts<Step>>({
        DEF: [
          {
            ALT: () => {
              const expr = this.SUBRULE(this.named);
              return this.ACTION<Step>(() =>
                expr.kind === "field"
                  ? { kind: "field", name: expr.name, quoted: expr.quoted, span: this.since(from) }
                  : { kind: "sub", expr, span: this.since(from) },
              );
            },
          },
          {
            ALT: () => {
              this.CONSUME(T.Star);
              return this.ACTION<Step>(() => ({ kind: "values", span: this.since(from) }));
            },
          },
          {
            ALT: () => {
              this.CONSUME(T.LBracket);
              const items = this.SUBRULE(this.listItems);
              return this.ACTION<Step>(() => ({
                kind: "sub",
                expr: this.node({ kind: "list", items }, from),
                span: this.since(from),
              }));
            },
          },
          {
            ALT: () => {
              const expr = this.SUBRULE(this.object);
              return this.ACTION<Step>(() => ({ kind: "sub", expr, span: this.since(from) }));
            },
          },
        ],
        ERR_MSG: "a field name after `.`",
      });
    },
    { recoveryValueFunc: () => NO_STEP },
  );

  /** `[0]`, `[1:2]`, `[*]`, `[]`, `[?…]` */
  private readonly bracketStep: Rule<Step> = this.RULE<() => Step>(
    "bracketStep",
    () => {
      const from = this.LA(1);
      return this.OR<Alts<Step>>([
        {
          ALT: () => {
            this.CONSUME(T.FilterOpen);
            const cond = this.SUBRULE(this.expression);
            this.CONSUME(T.RBracket);
            return this.ACTION<Step>(() => ({ kind: "select", cond, span: this.since(from) }));
          },
        },
        {
          ALT: () => {
            this.CONSUME(T.LBracket);
            const shape = this.OR2<Alts<() => Step>>({
              DEF: [
                {
                  ALT: () => {
                    this.CONSUME(T.Star);
                    return (): Step => ({ kind: "project", span: this.since(from) });
                  },
                },
                {
                  GATE: () => this.atIndex(1),
                  ALT: () => this.SUBRULE(this.indexOrSlice),
                },
                { ALT: () => (): Step => ({ kind: "flatten", span: this.since(from) }) },
              ],
              ERR_MSG: "an index, a slice, `*` or `?`",
            });
            this.CONSUME2(T.RBracket);
            return this.ACTION<Step>(() => ({ ...shape(), span: this.since(from) }));
          },
        },
      ]);
    },
    { recoveryValueFunc: () => NO_STEP },
  );

  private readonly indexOrSlice: Rule<() => Step> = this.RULE<() => () => Step>(
    "indexOrSlice",
    () => {
      const parts: (number | null)[] = [null];
      this.OPTION(() => {
        parts[0] = this.SUBRULE(this.integer);
      });
      this.MANY(() => {
        this.CONSUME(T.Colon);
        const at = parts.push(null) - 1;
        this.OPTION2(() => {
          parts[at] = this.SUBRULE2(this.integer);
        });
      });
      const last = this.LA(0);
      return () => this.sliceStep(parts, last);
    },
    { recoveryValueFunc: () => () => NO_STEP },
  );

  private readonly integer: Rule<number> = this.RULE<() => number>(
    "integer",
    () => {
      let sign = 1;
      this.OPTION(() => {
        this.CONSUME(T.Minus);
        sign = -1;
      });
      const token = this.CONSUME(T.NumberLiteral);
      return this.ACTION(() => this.integerOf(token) * sign);
    },
    { recoveryValueFunc: () => 0 },
  );

  private readonly primary: Rule<ExprNode> = this.RULE(
    "primary",
    () => {
      const from = this.LA(1);
      return this.OR<Alts<ExprNode>>({
        DEF: [
          { ALT: () => this.SUBRULE(this.named) },
          { ALT: () => this.SUBRULE(this.literal) },
          {
            ALT: () => {
              this.CONSUME(T.LParen);
              const inner = this.SUBRULE(this.expression);
              this.CONSUME(T.RParen);
              // Parentheses stop projections: the steps that follow belong to the whole.
              return this.ACTION(() => ({ ...inner, span: this.since(from) }));
            },
          },
          {
            ALT: () => {
              this.CONSUME(T.Star);
              return this.ACTION(() =>
                this.fromCurrent({ kind: "values", span: this.since(from) }),
              );
            },
          },
          {
            GATE: () => this.atStep(),
            ALT: () => {
              const step = this.SUBRULE(this.bracketStep);
              return this.ACTION(() => this.fromCurrent(step));
            },
          },
          {
            ALT: () => {
              this.CONSUME(T.LBracket);
              const items = this.SUBRULE(this.listItems);
              return this.ACTION(() => this.node({ kind: "list", items }, from));
            },
          },
          { ALT: () => this.SUBRULE(this.object) },
        ],
        ERR_MSG: "an expression",
        IGNORE_AMBIGUITIES: true,
      });
    },
    { recoveryValueFunc: () => errorNode(NOWHERE) },
  );

  /** A field, or a function call. */
  private readonly named: Rule<ExprNode> = this.RULE(
    "named",
    () => {
      const from = this.LA(1);
      return this.OR<Alts<ExprNode>>([
        {
          ALT: () => {
            const name = this.CONSUME(T.QuotedName);
            return this.ACTION(() => this.quoted(name));
          },
        },
        {
          ALT: () => {
            const name = this.CONSUME(T.Identifier);
            const args = this.OPTION(() => this.SUBRULE(this.args));
            return this.ACTION(() =>
              args === undefined
                ? this.node({ kind: "field", name: name.image, quoted: false }, from)
                : this.node({ kind: "call", name: this.ident(name), args }, from),
            );
          },
        },
      ]);
    },
    { recoveryValueFunc: () => errorNode(NOWHERE) },
  );

  /** `( [arg {, arg}] )` */
  protected readonly args: Rule<Arg[]> = this.RULE(
    "args",
    () => {
      const args: Arg[] = [];
      this.CONSUME(T.LParen);
      this.MANY_SEP({ SEP: T.Comma, DEF: () => args.push(this.SUBRULE(this.arg)) });
      this.CONSUME(T.RParen);
      return args;
    },
    { recoveryValueFunc: () => [] },
  );

  private readonly arg: Rule<Arg> = this.RULE<() => Arg>(
    "arg",
    () => {
      const from = this.LA(1);
      const name = this.OPTION({
        GATE: () => this.LA(2).tokenType === T.Colon,
        DEF: () => {
          const token = this.CONSUME(T.Identifier);
          this.CONSUME(T.Colon);
          return token;
        },
      });
      const value = this.OR<Alts<ExprNode>>({
        DEF: [
          {
            ALT: () => {
              this.CONSUME(T.Ampersand);
              const body = this.SUBRULE(this.expression);
              return this.ACTION(() => this.node({ kind: "reference", body }, from));
            },
          },
          {
            GATE: () => this.atPercent(),
            ALT: () => {
              const amount = this.CONSUME(T.NumberLiteral);
              this.CONSUME(T.Percent);
              return this.ACTION(() =>
                this.node({ kind: "percent", fraction: Number(amount.image) / 100 }, from),
              );
            },
          },
          { ALT: () => this.SUBRULE2(this.expression) },
        ],
        ERR_MSG: "an expression",
        IGNORE_AMBIGUITIES: true,
      });
      return this.ACTION(() => ({
        name: name === undefined ? null : this.ident(name),
        value,
        span: this.since(from),
      }));
    },
    { recoveryValueFunc: () => ({ name: null, value: errorNode(NOWHERE), span: NOWHERE }) },
  );

  private readonly listItems: Rule<ExprNode[]> = this.RULE(
    "listItems",
    () => {
      const items: ExprNode[] = [];
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        DEF: () => items.push(this.SUBRULE(this.expression)),
      });
      this.CONSUME(T.RBracket);
      return items;
    },
    { recoveryValueFunc: () => [] },
  );

  private readonly object: Rule<ExprNode> = this.RULE(
    "object",
    () => {
      const from = this.LA(1);
      const entries = this.SUBRULE(this.entries);
      return this.ACTION(() => this.node({ kind: "object", entries }, from));
    },
    { recoveryValueFunc: () => errorNode(NOWHERE) },
  );

  /** `{ a, b: EXPR }` */
  protected readonly entries: Rule<EntryNode[]> = this.RULE(
    "entries",
    () => {
      const entries: EntryNode[] = [];
      this.CONSUME(T.LBrace);
      this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => entries.push(this.SUBRULE(this.entry)) });
      this.CONSUME(T.RBrace);
      return entries;
    },
    { recoveryValueFunc: () => [] },
  );

  private readonly entry: Rule<EntryNode> = this.RULE<() => EntryNode>(
    "entry",
    () => {
      const key = this.OR<Alts<IToken>>({
        DEF: [{ ALT: () => this.CONSUME(T.Identifier) }, { ALT: () => this.CONSUME(T.QuotedName) }],
        ERR_MSG: "a field name",
      });
      const value = this.OPTION(() => {
        this.CONSUME(T.Colon);
        return this.SUBRULE(this.expression);
      });
      return this.ACTION(() => this.entryOf(key, value ?? null));
    },
    { recoveryValueFunc: () => ({ name: { name: "", span: NOWHERE }, value: errorNode(NOWHERE) }) },
  );

  private readonly literal: Rule<ExprNode> = this.RULE(
    "literal",
    () => {
      const token = this.OR<Alts<IToken>>([
        { ALT: () => this.CONSUME(T.RawString) },
        { ALT: () => this.CONSUME(T.JsonLiteral) },
        { ALT: () => this.CONSUME(T.NumberLiteral) },
        { ALT: () => this.CONSUME(T.Duration) },
        { ALT: () => this.CONSUME(T.Instant) },
        { ALT: () => this.CONSUME(T.Regex) },
        { ALT: () => this.CONSUME(T.Jmes) },
        { ALT: () => this.CONSUME(T.Variable) },
        { ALT: () => this.CONSUME(T.At) },
        { ALT: () => this.CONSUME(T.Dollar) },
      ]);
      return this.ACTION(() => this.literalNode(token));
    },
    { recoveryValueFunc: () => errorNode(NOWHERE) },
  );

  /** Whether `[` here begins an index, a slice or a projection, and not a list. */
  private atStep(): boolean {
    if (this.LA(1).tokenType === T.FilterOpen) return true;
    const next = this.LA(2).tokenType;
    if (next === T.RBracket) return true;
    if (next === T.Star) return this.LA(3).tokenType === T.RBracket;
    return this.atIndex(2);
  }

  /** Whether the token `k` ahead begins `-1]`, `1]`, `1:` or `:`. */
  private atIndex(k: number): boolean {
    const minus = this.LA(k).tokenType === T.Minus ? 1 : 0;
    const first = this.LA(k + minus).tokenType;
    if (first === T.Colon) return minus === 0;
    if (first !== T.NumberLiteral) return false;
    const after = this.LA(k + minus + 1).tokenType;
    return after === T.RBracket || after === T.Colon;
  }

  /** `1%` before `,` or `)`. */
  private atPercent(): boolean {
    const after = this.LA(3).tokenType;
    return this.LA(2).tokenType === T.Percent && (after === T.Comma || after === T.RParen);
  }
}
