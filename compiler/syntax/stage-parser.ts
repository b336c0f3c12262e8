// The grammar of stages, between `|>`.

import type { IToken } from "chevrotain";
import { type Alts, NOWHERE, type Rule } from "./argument-parser.ts";
import type { ArmNode, ExprNode, StageNode, StageShape } from "./ast.ts";
import { SourceParser } from "./source-parser.ts";
import { unknownStage } from "./stage-names.ts";
import * as T from "./tokens.ts";

export abstract class StageParser extends SourceParser {
  protected readonly stages: Rule<StageNode[]> = this.RULE(
    "stages",
    () => {
      const stages: StageNode[] = [];
      this.MANY(() => {
        this.CONSUME(T.Pipe);
        stages.push(this.SUBRULE(this.stage));
      });
      return stages;
    },
    { recoveryValueFunc: () => [] },
  );

  protected readonly stage: Rule<StageNode> = this.RULE<() => StageNode>(
    "stage",
    () => {
      const from = this.LA(1);
      const shape = this.OR<Alts<StageShape>>({
        DEF: [
          { GATE: () => this.atUnknownStage(), ALT: () => this.SUBRULE(this.unknown) },
          { ALT: () => this.SUBRULE(this.filter) },
          { ALT: () => this.SUBRULE(this.map) },
          { ALT: () => this.SUBRULE(this.let) },
          { ALT: () => this.SUBRULE(this.unnest) },
          { ALT: () => this.SUBRULE(this.withArgs) },
          { ALT: () => this.SUBRULE(this.window) },
          { ALT: () => this.SUBRULE(this.reduce) },
          { ALT: () => this.SUBRULE(this.emit) },
          { ALT: () => this.SUBRULE(this.lookup) },
          { ALT: () => this.SUBRULE(this.join) },
          { ALT: () => this.SUBRULE(this.branch) },
          { ALT: () => this.SUBRULE(this.key) },
          { ALT: () => this.SUBRULE(this.latest) },
          { ALT: () => this.SUBRULE(this.retain) },
          { ALT: () => this.SUBRULE(this.to) },
          { ALT: () => this.afterToken<StageShape>(this.CONSUME(T.Drop), { kind: "drop" }) },
        ],
        MAX_LOOKAHEAD: 1,
        ERR_MSG: "a stage after `|>`",
        IGNORE_AMBIGUITIES: true,
      });
      return this.ACTION(() => ({ ...shape, span: this.since(from) }));
    },
    { recoveryValueFunc: () => ({ kind: "error", span: NOWHERE }) },
  );

  private readonly filter = this.shapeRule("filter", () => {
    this.CONSUME(T.Filter);
    return { kind: "filter", expr: this.SUBRULE(this.expression) };
  });

  private readonly map = this.shapeRule("map", () => {
    this.CONSUME(T.MapWord);
    return { kind: "map", expr: this.SUBRULE(this.expression) };
  });

  private readonly let = this.shapeRule("let", () => {
    this.CONSUME(T.Let);
    const name = this.CONSUME(T.Identifier);
    this.CONSUME(T.Assign);
    return { kind: "let", name: this.ident(name), expr: this.SUBRULE(this.expression) };
  });

  private readonly unnest = this.shapeRule("unnest", () => {
    this.CONSUME(T.Unnest);
    const expr = this.SUBRULE(this.expression);
    this.CONSUME(T.As);
    return { kind: "unnest", expr, as: this.ident(this.CONSUME(T.Identifier)) };
  });

  private readonly withArgs = this.shapeRule("withArgs", () => {
    const kind = this.OR<Alts<"dedup" | "sample" | "top">>([
      { ALT: () => this.afterToken(this.CONSUME(T.Dedup), "dedup") },
      { ALT: () => this.afterToken(this.CONSUME(T.Sample), "sample") },
      { ALT: () => this.afterToken(this.CONSUME(T.Top), "top") },
    ]);
    return { kind, args: this.SUBRULE(this.args) };
  });

  private readonly window = this.shapeRule("window", () => {
    this.CONSUME(T.Window);
    return { kind: "window", call: this.SUBRULE(this.call) };
  });

  private readonly reduce = this.shapeRule("reduce", () => {
    this.CONSUME(T.Reduce);
    const keys = this.OPTION(() => {
      this.CONSUME(T.By);
      return this.SUBRULE(this.keys);
    });
    const aggregates = this.SUBRULE(this.entries);
    const expire = this.OPTION2(() => {
      this.CONSUME(T.Expire);
      this.CONSUME(T.After);
      return this.SUBRULE(this.expression);
    });
    const cap = this.OPTION3(() => this.SUBRULE(this.cap));
    return {
      kind: "reduce",
      keys: keys ?? [],
      aggregates,
      expire: expire ?? null,
      cap: cap ?? null,
    };
  });

  private readonly emit = this.shapeRule("emit", () => {
    this.CONSUME(T.Emit);
    const mode = this.CONSUME(T.Identifier);
    const args = this.OPTION(() => this.SUBRULE(this.args));
    return { kind: "emit", mode: this.ident(mode), args: args ?? [] };
  });

  private readonly lookup = this.shapeRule("lookup", () => {
    this.CONSUME(T.Lookup);
    const table = this.CONSUME(T.Identifier);
    this.CONSUME(T.LBracket);
    const key = this.SUBRULE(this.expression);
    this.CONSUME(T.RBracket);
    this.CONSUME(T.As);
    const as = this.CONSUME2(T.Identifier);
    const drop = this.OPTION(() => {
      this.CONSUME(T.Else);
      return this.CONSUME(T.Drop);
    });
    const elseDrop = drop !== undefined;
    return { kind: "lookup", table: this.ident(table), key, as: this.ident(as), elseDrop };
  });

  private readonly join = this.shapeRule("join", () => {
    this.CONSUME(T.Join);
    const source = this.SUBRULE(this.source);
    this.CONSUME(T.On);
    const on = this.SUBRULE(this.expression);
    this.CONSUME(T.Within);
    const from = this.SUBRULE2(this.expression);
    this.CONSUME(T.DotDot);
    const to = this.SUBRULE3(this.expression);
    const cap = this.OPTION(() => this.SUBRULE(this.cap));
    return { kind: "join", source, on, from, to, cap: cap ?? null };
  });

  private readonly branch = this.shapeRule("branch", () => {
    const arms: ArmNode[] = [];
    this.CONSUME(T.Branch);
    this.CONSUME(T.LBrace);
    this.AT_LEAST_ONE(() => arms.push(this.SUBRULE(this.arm)));
    this.CONSUME(T.RBrace);
    return { kind: "branch", arms };
  });

  /** `when EXPR => |> … `, `else => drop` */
  private readonly arm: Rule<ArmNode> = this.RULE<() => ArmNode>(
    "arm",
    () => {
      const from = this.LA(1);
      const when = this.OR<Alts<ExprNode | null>>({
        DEF: [
          {
            ALT: () => {
              this.CONSUME(T.When);
              return this.SUBRULE(this.expression);
            },
          },
          { ALT: () => this.afterToken(this.CONSUME(T.Else), null) },
        ],
        ERR_MSG: "`when` or `else`",
      });
      this.CONSUME(T.Arrow);
      const stages = this.OR2<Alts<StageNode[]>>([
        {
          ALT: () => {
            const first = this.LA(1);
            this.CONSUME(T.Drop);
            return this.ACTION(() => [{ kind: "drop", span: this.since(first) }]);
          },
        },
        { ALT: () => this.SUBRULE(this.stages) },
      ]);
      return this.ACTION(() => ({ when, stages, span: this.since(from) }));
    },
    { recoveryValueFunc: () => ({ when: null, stages: [], span: NOWHERE }) },
  );

  protected readonly key = this.shapeRule("key", () => {
    this.CONSUME(T.Key);
    return { kind: "key", expr: this.SUBRULE(this.expression) };
  });

  private readonly latest = this.shapeRule("latest", () => {
    this.CONSUME(T.Latest);
    return { kind: "latest", entries: this.SUBRULE(this.entries) };
  });

  private readonly retain = this.shapeRule("retain", () => {
    this.CONSUME(T.Retain);
    return { kind: "retain", duration: this.SUBRULE(this.expression) };
  });

  private readonly to = this.shapeRule("to", () => {
    this.CONSUME(T.To);
    const target = this.CONSUME(T.Identifier);
    const args = this.OPTION(() => this.SUBRULE(this.args));
    return { kind: "to", target: this.ident(target), args: args ?? [] };
  });

  /** What is no stage: reported with the stage that was meant, and skipped to the next one. */
  private readonly unknown = this.shapeRule("unknownStage", () => {
    const name = this.CONSUME(T.Identifier);
    let open = 0;
    this.MANY({
      GATE: () => !this.atStageEnd(open),
      DEF: () => {
        const token = this.CONSUME(T.Any);
        if (token.tokenType === T.LBrace) open += 1;
        if (token.tokenType === T.RBrace) open -= 1;
      },
    });
    this.ACTION(() => unknownStage(this.ident(name), this.host.report));
    return { kind: "error" };
  });

  /** A rule for one kind of stage; what recovery cuts short is an error stage. */
  private shapeRule(name: string, rule: () => StageShape): Rule<StageShape> {
    return this.RULE<() => StageShape>(name, rule, {
      recoveryValueFunc: () => ({ kind: "error" }),
    });
  }

  /** `value`, after a token was read. */
  private afterToken<V>(_read: IToken, value: V): V {
    return value;
  }

  private atUnknownStage(): boolean {
    const { tokenType } = this.LA(1);
    return tokenType === T.Identifier || !STAGE_WORDS.has(tokenType);
  }

  private atStageEnd(open: number): boolean {
    const { tokenType } = this.LA(1);
    return open === 0 && (tokenType === T.Pipe || tokenType === T.RBrace);
  }
}

const STAGE_WORDS = new Set([
  T.Filter,
  T.MapWord,
  T.Let,
  T.Unnest,
  T.Dedup,
  T.Sample,
  T.Top,
  T.Window,
  T.Reduce,
  T.Emit,
  T.Lookup,
  T.Join,
  T.Branch,
  T.Key,
  T.Latest,
  T.Retain,
  T.To,
  T.Drop,
]);
