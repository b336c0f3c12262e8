// The grammar of a file: its declarations, pipelines and tests.

import type { IParserErrorMessageProvider, IToken, ParserMethod } from "chevrotain";
import type {
  CallNode,
  EntryNode,
  ExprNode,
  Ident,
  ItemNode,
  ProgramNode,
  SourceNode,
  TableNode,
  TestStepNode,
} from "./ast.ts";
import type { Alts, Rule } from "./expression-parser.ts";
import { errorNode } from "./node.ts";
import type { ParserHost } from "./node-builder.ts";
import { StageParser } from "./stage-parser.ts";
import * as T from "./tokens.ts";

export class FileParser extends StageParser {
  constructor(errorMessageProvider: IParserErrorMessageProvider) {
    super(errorMessageProvider);
    this.performSelfAnalysis();
  }

  /** Sets what is parsed next. */
  read(tokens: IToken[], host: ParserHost): void {
    this.input = tokens;
    this.host = host;
  }

  readonly program: Rule<ProgramNode> = this.RULE(
    "program",
    () => {
      const items: ItemNode[] = [];
      this.MANY(() => {
        const item = this.SUBRULE(this.item);
        if (item !== null) items.push(item);
      });
      return { items };
    },
    { recoveryValueFunc: () => ({ items: [] }) },
  );

  /** An expression alone: the contents of `jmes'…'`. */
  readonly expressionOnly: Rule<ExprNode> = this.RULE(
    "expressionOnly",
    () => this.SUBRULE(this.expression),
    { recoveryValueFunc: () => errorNode({ start: 0, end: 0 }) },
  );

  private readonly item: Rule<ItemNode | null> = this.RULE(
    "item",
    () =>
      this.OR<Alts<ItemNode | null>>({
        DEF: [
          { ALT: () => this.SUBRULE(this.importItem) },
          { ALT: () => this.SUBRULE(this.param) },
          { ALT: () => this.SUBRULE(this.constant) },
          { ALT: () => this.SUBRULE(this.fn) },
          { ALT: () => this.SUBRULE(this.pipeline) },
          { ALT: () => this.SUBRULE(this.table) },
          { ALT: () => this.SUBRULE(this.test) },
        ],
        ERR_MSG: "`pipeline`, `param`, `let`, `fn`, `import`, `table` or `test`",
      }),
    { recoveryValueFunc: () => null },
  );

  private readonly importItem = this.itemRule("import", () => {
    const from = this.CONSUME(T.Import);
    const path = this.CONSUME(T.RawString);
    const names: Ident[] = [];
    this.CONSUME(T.LBrace);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () =>
        this.OR([
          { ALT: () => names.push(this.ident(this.CONSUME(T.Identifier))) },
          { ALT: () => names.push(this.variableName(this.CONSUME(T.Variable))) },
        ]),
    });
    this.CONSUME(T.RBrace);
    return this.ACTION(() => ({
      kind: "import",
      path: this.string(path),
      names,
      span: this.since(from),
    }));
  });

  private readonly param = this.itemRule("param", () => {
    const from = this.CONSUME(T.Param);
    const name = this.CONSUME(T.Identifier);
    this.CONSUME(T.Colon);
    const type = this.CONSUME2(T.Identifier);
    const value = this.OPTION(() => {
      this.CONSUME(T.Assign);
      return this.SUBRULE(this.expression);
    });
    return this.ACTION(() => ({
      kind: "param",
      name: this.ident(name),
      type: this.ident(type),
      value: value ?? null,
      span: this.since(from),
    }));
  });

  private readonly constant = this.itemRule("constant", () => {
    const from = this.CONSUME(T.Let);
    const name = this.CONSUME(T.Variable);
    this.CONSUME(T.Assign);
    const value = this.SUBRULE(this.expression);
    return this.ACTION(() => ({
      kind: "constant",
      name: this.variableName(name),
      value,
      span: this.since(from),
    }));
  });

  private readonly fn = this.itemRule("fn", () => {
    const from = this.CONSUME(T.Fn);
    const name = this.CONSUME(T.Identifier);
    const params: Ident[] = [];
    this.CONSUME(T.LParen);
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => params.push(this.ident(this.CONSUME2(T.Identifier))),
    });
    this.CONSUME(T.RParen);
    this.CONSUME(T.Assign);
    const body = this.SUBRULE(this.expression);
    return this.ACTION(() => ({
      kind: "fn",
      name: this.ident(name),
      params,
      body,
      span: this.since(from),
    }));
  });

  private readonly pipeline = this.itemRule("pipeline", () => {
    const from = this.CONSUME(T.Pipeline);
    const name = this.CONSUME(T.Identifier);
    const version = this.OPTION(() => {
      this.CONSUME(T.Version);
      return this.CONSUME(T.NumberLiteral);
    });
    this.CONSUME(T.LBrace);
    const header: Header = { options: [], onError: null, tables: [] };
    this.MANY(() => this.SUBRULE(this.header, { ARGS: [header] }));
    const source = this.SUBRULE(this.from);
    const stages = this.SUBRULE(this.stages);
    this.CONSUME(T.RBrace);
    return this.ACTION(() => ({
      kind: "pipeline",
      name: this.ident(name),
      version: version === undefined ? null : Number(version.image),
      ...header,
      source,
      stages,
      span: this.since(from),
    }));
  });

  private readonly header: ParserMethod<[Header], void> = this.RULE("header", (into: Header) => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.Options);
          const options = this.SUBRULE(this.entries);
          this.ACTION(() => {
            into.options = options;
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.On);
          this.CONSUME(T.ErrorWord);
          this.CONSUME(T.To);
          const call = this.SUBRULE(this.call);
          this.ACTION(() => {
            into.onError = call;
          });
        },
      },
      {
        ALT: () => {
          const table = this.SUBRULE(this.table);
          this.ACTION(() => {
            if (table?.kind === "table") into.tables = [...into.tables, table];
          });
        },
      },
    ]);
  });

  private readonly from: Rule<SourceNode | null> = this.RULE<() => SourceNode | null>(
    "from",
    () => {
      this.CONSUME(T.From);
      return this.SUBRULE(this.source);
    },
    { recoveryValueFunc: () => null },
  );

  private readonly table = this.itemRule("table", () => {
    const from = this.CONSUME(T.Table);
    const name = this.CONSUME(T.Identifier);
    this.CONSUME(T.LBrace);
    const source = this.SUBRULE(this.from);
    const first = this.OPTION(() => this.SUBRULE(this.key));
    const stages = this.SUBRULE(this.stages);
    const last = this.OPTION2(() => this.SUBRULE2(this.key));
    const rest = this.SUBRULE2(this.stages);
    this.CONSUME(T.RBrace);
    return this.ACTION(() => {
      const span = this.since(from);
      const keys = [first, last].flatMap((key) => (key === undefined ? [] : [{ ...key, span }]));
      const all = [...stages, ...keys, ...rest];
      return { kind: "table", name: this.ident(name), source, stages: all, span };
    });
  });

  private readonly test = this.itemRule("test", () => {
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

  private readonly testStep: Rule<TestStepNode | null> = this.RULE<() => TestStepNode | null>(
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

  private readonly given: Rule<TestStepNode> = this.RULE<() => TestStepNode>(
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

  private itemRule(name: string, rule: () => ItemNode): Rule<ItemNode | null> {
    return this.RULE<() => ItemNode | null>(name, rule, { recoveryValueFunc: () => null });
  }
}

type Header = {
  options: readonly EntryNode[];
  onError: CallNode | null;
  tables: readonly TableNode[];
};
