// The grammar of sources and keys.

import { type Alts, NOWHERE, type Rule } from "./argument-parser.ts";
import type { CallNode, ExprNode, KeyNode, SourceNode, StartNode } from "./ast.ts";
import { ExpressionParser } from "./expression-parser.ts";
import { errorNode } from "./node.ts";
import * as T from "./tokens.ts";

export abstract class SourceParser extends ExpressionParser {
  /** `firehose(…)`, `topic(…) as q start at first`, `union { … }` */
  protected readonly source: Rule<SourceNode> = this.RULE(
    "source",
    () => {
      const from = this.LA(1);
      return this.OR<Alts<SourceNode>>({
        DEF: [
          {
            GATE: () => this.LA(2).tokenType === T.LBrace,
            ALT: () => {
              const sources: SourceNode[] = [];
              this.CONSUME(T.Union);
              this.CONSUME(T.LBrace);
              this.AT_LEAST_ONE_SEP({
                SEP: T.Comma,
                DEF: () => sources.push(this.SUBRULE(this.source)),
              });
              this.CONSUME(T.RBrace);
              const start = this.SUBRULE(this.start);
              return this.ACTION<SourceNode>(() => ({
                kind: "union",
                sources,
                start,
                span: this.since(from),
              }));
            },
          },
          {
            ALT: () => {
              const call = this.SUBRULE(this.call);
              const as = this.OPTION(() => {
                this.CONSUME(T.As);
                return this.CONSUME(T.Identifier);
              });
              const start = this.SUBRULE2(this.start);
              return this.ACTION<SourceNode>(() => ({
                kind: "source",
                call,
                as: as === undefined ? null : this.ident(as),
                start,
                span: this.since(from),
              }));
            },
          },
        ],
        ERR_MSG: "a source: `firehose(…)`, `events(…)`, `topic(…)` or `union {…}`",
        IGNORE_AMBIGUITIES: true,
      });
    },
    { recoveryValueFunc: () => this.noSource() },
  );

  protected readonly start: Rule<StartNode | null> = this.RULE(
    "start",
    () => {
      const from = this.LA(1);
      const at = this.OPTION(() => {
        this.CONSUME(T.Start);
        this.CONSUME(T.AtWord);
        return this.SUBRULE(this.expression);
      });
      return this.ACTION(() => (at === undefined ? null : { at, span: this.since(from) }));
    },
    { recoveryValueFunc: () => null },
  );

  /** `name(args)` */
  protected readonly call: Rule<CallNode> = this.RULE<() => CallNode>(
    "call",
    () => {
      const name = this.CONSUME(T.Identifier);
      const args = this.SUBRULE(this.args);
      return this.ACTION(() => ({ name: this.ident(name), args, span: this.since(name) }));
    },
    { recoveryValueFunc: () => this.noCall() },
  );

  protected readonly keys: Rule<KeyNode[]> = this.RULE(
    "keys",
    () =>
      this.OR<Alts<KeyNode[]>>({
        DEF: [
          { ALT: () => this.SUBRULE(this.entries) },
          {
            ALT: () => {
              const value = this.SUBRULE(this.expression);
              const name = this.OPTION(() => {
                this.CONSUME(T.As);
                return this.CONSUME(T.Identifier);
              });
              return this.ACTION(() => [
                { name: name === undefined ? null : this.ident(name), value },
              ]);
            },
          },
        ],
        ERR_MSG: "a key after `by`",
        IGNORE_AMBIGUITIES: true,
      }),
    { recoveryValueFunc: () => [] },
  );

  /** `cap 1000` or `cap: 1000` */
  protected readonly cap: Rule<ExprNode> = this.RULE(
    "cap",
    () => {
      this.CONSUME(T.Cap);
      this.OPTION(() => this.CONSUME(T.Colon));
      return this.SUBRULE(this.expression);
    },
    { recoveryValueFunc: () => errorNode(NOWHERE) },
  );

  protected noCall(): CallNode {
    const span = NOWHERE;
    return { name: { name: "", span }, args: [], span };
  }

  protected noSource(): SourceNode {
    const span = NOWHERE;
    return { kind: "source", call: this.noCall(), as: null, start: null, span };
  }
}
