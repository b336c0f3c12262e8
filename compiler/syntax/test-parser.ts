// The grammar of tests in the language.

import type { Alts, Rule } from "./argument-parser.ts";
import type { ItemNode, TestStepNode } from "./ast.ts";
import { StageParser } from "./stage-parser.ts";
import * as T from "./tokens.ts";

export abstract class TestParser extends StageParser {
  protected readonly test = this.itemRule("test", () => {
    const from = this.CONSUME(T.Test);
    const title = this.CONSUME(T.RawString);
    this.CONSUME(T.For);
    const pipeline = this.CONSUME(T.Identifier);
    const steps: TestStepNode[] = [];
    this.CONSUME(T.LBrace);
    this.MANY(() => {
      const step = this.SUBRULE(this.testStep);
      if (step !== null) steps.push(step);
    });
    this.CONSUME(T.RBrace);
    return this.ACTION(() => ({
      kind: "test",
      title: this.string(title),
      pipeline: this.ident(pipeline),
      steps,
      span: this.since(from),
    }));
  });

  protected readonly testStep: Rule<TestStepNode | null> = this.RULE<() => TestStepNode | null>(
    "testStep",
    () => {
      const from = this.LA(1);
      return this.OR<Alts<TestStepNode>>({
        DEF: [
          { ALT: () => this.SUBRULE(this.given) },
          {
            ALT: () => {
              this.CONSUME(T.Advance);
              this.CONSUME(T.Watermark);
              this.CONSUME(T.To);
              const to = this.SUBRULE(this.expression);
              return this.ACTION<TestStepNode>(() => ({
                kind: "advance",
                to,
                span: this.since(from),
              }));
            },
          },
          {
            ALT: () => {
              this.CONSUME(T.Expect);
              const expr = this.SUBRULE2(this.expression);
              return this.ACTION<TestStepNode>(() => ({
                kind: "expect",
                expr,
                span: this.since(from),
              }));
            },
          },
        ],
        ERR_MSG: "`given`, `advance` or `expect`",
      });
    },
    { recoveryValueFunc: () => null },
  );

  protected readonly given: Rule<TestStepNode> = this.RULE<() => TestStepNode>(
    "given",
    () => {
      const from = this.CONSUME(T.Given);
      return this.OR<Alts<TestStepNode>>({
        DEF: [
          {
            ALT: () => {
              const path = this.CONSUME(T.RawString);
              return this.ACTION<TestStepNode>(() => ({
                kind: "fixture",
                path: this.string(path),
                span: this.since(from),
              }));
            },
          },
          {
            ALT: () => {
              const call = this.SUBRULE(this.call);
              return this.ACTION<TestStepNode>(() => ({
                kind: "given",
                call,
                span: this.since(from),
              }));
            },
          },
        ],
        ERR_MSG: "an event as `post({…})`, or the path of a file",
      });
    },
    { recoveryValueFunc: () => ({ kind: "error", span: { start: 0, end: 0 } }) },
  );

  protected itemRule(name: string, rule: () => ItemNode): Rule<ItemNode | null> {
    return this.RULE<() => ItemNode | null>(name, rule, { recoveryValueFunc: () => null });
  }
}
