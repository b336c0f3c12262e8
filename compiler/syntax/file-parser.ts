// The grammar of a file: its declarations, pipelines and tests.

import type { IParserErrorMessageProvider, IToken, ParserMethod } from "chevrotain";
import type { Alts, Rule } from "./argument-parser.ts";
import type {
  CallNode,
  EntryNode,
  ExprNode,
  Ident,
  ItemNode,
  ProgramNode,
  SourceNode,
  TableNode,
} from "./ast.ts";
import { errorNode } from "./node.ts";
import type { ParserHost } from "./node-builder.ts";
import { TestParser } from "./test-parser.ts";
import * as T from "./tokens.ts";

export class FileParser extends TestParser {
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
        MAX_LOOKAHEAD: 1,
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
}

type Header = {
  options: readonly EntryNode[];
  onError: CallNode | null;
  tables: readonly TableNode[];
};
