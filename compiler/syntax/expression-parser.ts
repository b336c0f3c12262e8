// The grammar of expressions: JMESPath and what we add. Flat in its operators (`precedence.ts` arranges
// them), so a nesting level costs few stack frames.

import type { IToken } from "chevrotain";
import { type Alts, ArgumentParser, NO_STEP, NOWHERE, type Rule } from "./argument-parser.ts";
import type { EntryNode, ExprNode, Step } from "./ast.ts";
import { errorNode } from "./node.ts";
import { arrange, type Infix } from "./precedence.ts";
import * as T from "./tokens.ts";

export abstract class ExpressionParser extends ArgumentParser {
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

  private readonly letExpression: Rule<ExprNode> = this.RULE(
    "letExpression",
    () => {
      const from = this.LA(1);
      const bindings = this.SUBRULE(this.letPrefix);
      const body = this.SUBRULE(this.expression);
      return this.ACTION(() => this.node({ kind: "let", bindings, body }, from));
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

  /** operand = { "!" | "-" | "+" } ( primary | "*" | bracketStep ) { step } */
  private readonly operand: Rule<ExprNode> = this.RULE(
    "operand",
    () => {
      const prefixes: IToken[] = [];
      this.MANY(() => prefixes.push(this.CONSUME(T.PrefixOperator)));
      const steps: Step[] = [];
      const from = this.LA(1);
      const base = this.OR2<Alts<ExprNode>>({
        DEF: [
          {
            // What follows a leading projection belongs to it: `*.a` is one path from `@`.
            ALT: () => {
              this.CONSUME(T.Star);
              steps.push({ kind: "values", span: this.ACTION(() => this.since(from)) });
              return this.ACTION(() => this.currentAt(from));
            },
          },
          {
            GATE: () => this.atStep(),
            ALT: () => {
              steps.push(this.SUBRULE2(this.bracketStep));
              return this.ACTION(() => this.currentAt(from));
            },
          },
          {
            // As an operand it takes all that follows: `a | let $x = b in $x | c`.
            GATE: () => this.LA(2).tokenType === T.Variable,
            ALT: () => this.SUBRULE(this.letExpression),
          },
          { ALT: () => this.SUBRULE(this.primary) },
        ],
        IGNORE_AMBIGUITIES: true, // `let` is a field too
        ERR_MSG: "an expression",
      });
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

  private readonly primary: Rule<ExprNode> = this.RULE(
    "primary",
    () => {
      const from = this.LA(1);
      return this.OR<Alts<ExprNode>>({
        DEF: [
          {
            ALT: () => {
              const named = this.SUBRULE(this.named);
              return this.ACTION(() => this.keywordLiteral(named));
            },
          },
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
}
