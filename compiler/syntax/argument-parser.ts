// The grammar of what stands in brackets: arguments, fields of objects, items of lists, indices.

import type { IOrAlt, IToken, ParserMethod } from "chevrotain";
import type { Arg, EntryNode, ExprNode, Span, Step } from "./ast.ts";
import { errorNode } from "./node.ts";
import { NodeBuilder } from "./node-builder.ts";
import * as T from "./tokens.ts";

/** The alternatives of a choice that gives an `R`. */
export type Alts<R> = IOrAlt<R>[];
export type Rule<R> = ParserMethod<[], R>;
/** The span of what recovery made up. */
export const NOWHERE: Span = { start: 0, end: 0 };

/** What recovery makes of a step. */
export const NO_STEP: Step = { kind: "sub", expr: errorNode(NOWHERE), span: NOWHERE };

export abstract class ArgumentParser extends NodeBuilder {
  abstract readonly expression: Rule<ExprNode>;

  protected readonly indexOrSlice: Rule<() => Step> = this.RULE<() => () => Step>(
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

  protected readonly integer: Rule<number> = this.RULE<() => number>(
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

  protected readonly arg: Rule<Arg> = this.RULE<() => Arg>(
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

  protected readonly listItems: Rule<ExprNode[]> = this.RULE(
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

  protected readonly object: Rule<ExprNode> = this.RULE(
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

  protected readonly entry: Rule<EntryNode> = this.RULE<() => EntryNode>(
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

  /** Whether the token `k` ahead begins `-1]`, `1]`, `1:` or `:`. */
  protected atIndex(k: number): boolean {
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
