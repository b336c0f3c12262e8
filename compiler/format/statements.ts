// Where the statements of a file begin: its items, the stages of pipelines, the steps of tests, the arms
// of branches.

import type {
  ArmNode,
  ExprNode,
  ItemNode,
  PipelineNode,
  SourceNode,
  StageNode,
  TableNode,
  TestNode,
  TestStepNode,
} from "../syntax/ast.ts";
import * as T from "../syntax/tokens.ts";
import { layExpression } from "./expressions.ts";
import type { Layout } from "./layout.ts";

/** Columns of `|> `: what a stage continues on is aligned behind it. */
const PIPE_COLUMNS = 3;

/** Lays out a file. Blocks have empty lines around them; other items as the author left them. */
export function layItems(items: readonly ItemNode[], layout: Layout): void {
  let before: ItemNode | null = null;
  for (const item of items) {
    layout.gap(before !== null && (isBlock(before) || isBlock(item)) ? "blank" : "statement");
    layItem(item, layout);
    before = item;
  }
}

function isBlock({ kind }: ItemNode): boolean {
  return kind === "pipeline" || kind === "table" || kind === "test";
}

function layItem(item: ItemNode, layout: Layout): void {
  switch (item.kind) {
    case "import":
      layExpressions([], layout, item.span.end);
      break;
    case "param":
      layExpressions(item.value === null ? [] : [item.value], layout, item.span.end);
      break;
    case "constant":
      layExpressions([item.value], layout, item.span.end);
      break;
    case "fn":
      layExpressions([item.body], layout, item.span.end);
      break;
    case "pipeline":
      layPipeline(item, layout);
      break;
    case "table":
      layTable(item, layout);
      break;
    case "test":
      layTest(item, layout);
  }
}

/** The tokens up to `end`, with the expressions among them. */
function layExpressions(exprs: readonly ExprNode[], layout: Layout, end: number): void {
  for (const expr of exprs) layExpression(expr, layout);
  layout.upTo(end);
}

function layPipeline(node: PipelineNode, layout: Layout): void {
  layout.upToType(T.LBrace);
  layout.openBody();
  layHeader(node, layout);
  layFlow(node, layout);
  layout.closeBody();
}

/** `options { … }`, `on error to …`, tables: in the order they are written. */
function layHeader(node: PipelineNode, layout: Layout): void {
  const tables = new Map(node.tables.map((table) => [table.span.start, table]));
  let first = true;
  while (layout.token !== undefined && layout.token.tokenType !== T.From) {
    layout.gap(first ? "hard" : "statement");
    const table = tables.get(layout.token.startOffset);
    if (table !== undefined) layTable(table, layout);
    else layout.upToBracket();
    first = false;
  }
  layout.gap(first ? "hard" : "statement");
}

function layTable(node: TableNode, layout: Layout): void {
  layout.upToType(T.LBrace);
  layout.openBody();
  layout.gap("hard");
  layFlow(node, layout);
  layout.closeBody();
}

/** `from SOURCE |> …` */
function layFlow(node: PipelineNode | TableNode, layout: Layout): void {
  if (node.source === null) return;
  layout.plain();
  layout.open("nest", PIPE_COLUMNS);
  layExpressions(sourceExpressions(node.source), layout, node.source.span.end);
  layout.close();
  const stages = node.stages.toSorted((a, b) => startOf(a) - startOf(b));
  for (const stage of stages) {
    layout.gap("statement");
    layStage(stage, layout);
  }
}

/** A table's `key` has the span of the whole table. */
function startOf(stage: StageNode): number {
  return stage.kind === "key" ? stage.expr.span.start : stage.span.start;
}

function sourceExpressions(node: SourceNode): ExprNode[] {
  const inside =
    node.kind === "source" ? values(node.call.args) : node.sources.flatMap(sourceExpressions);
  return node.start === null ? inside : [...inside, node.start.at];
}

function values(of: readonly { readonly value: ExprNode }[]): ExprNode[] {
  return of.map(({ value }) => value);
}

/** A stage with the `|>` in front of it; of a table's `key`, which has none, the word itself. */
function layStage(stage: StageNode, layout: Layout): void {
  layout.plain();
  layout.open("nest", PIPE_COLUMNS);
  if (stage.kind === "branch") layBranch(stage.arms, layout);
  else layExpressions(stageExpressions(stage), layout, stage.kind === "key" ? 0 : stage.span.end);
  layout.close();
}

/** The expressions of a stage, in the order they are written. */
function stageExpressions(stage: Exclude<StageNode, { kind: "branch" }>): readonly ExprNode[] {
  switch (stage.kind) {
    case "error":
    case "drop":
      return [];
    case "filter":
    case "map":
    case "let":
    case "unnest":
    case "key":
      return [stage.expr];
    case "dedup":
    case "sample":
    case "top":
    case "emit":
    case "to":
      return values(stage.args);
    case "window":
      return values(stage.call.args);
    case "reduce":
      return [
        ...values(stage.keys),
        ...values(stage.aggregates),
        ...present(stage.expire, stage.cap),
      ];
    case "lookup":
      return [stage.key];
    case "join": {
      const { source, on, from, to, cap } = stage;
      return [...sourceExpressions(source), on, from, to, ...present(cap)];
    }
    case "latest":
      return values(stage.entries);
    case "retain":
      return [stage.duration];
  }
}

function present(...exprs: readonly (ExprNode | null)[]): ExprNode[] {
  return exprs.filter((expr) => expr !== null);
}

function layBranch(arms: readonly ArmNode[], layout: Layout): void {
  layout.upToType(T.LBrace);
  layout.openBody();
  for (const [i, arm] of arms.entries()) {
    layout.gap(i === 0 ? "hard" : "statement");
    layArm(arm, layout);
  }
  layout.closeBody();
}

/** `when EXPR => |> … |> …` on one line where it fits, else each stage on its own. */
function layArm(arm: ArmNode, layout: Layout): void {
  layout.settle();
  layout.open("group", 0);
  if (arm.when !== null) layExpression(arm.when, layout);
  layout.upToType(T.Arrow);
  layout.plain();
  layout.open("nest", 2);
  for (const stage of arm.stages) {
    layout.gap(stage.kind === "drop" ? "space" : "line");
    layStage(stage, layout);
  }
  layout.upTo(arm.span.end);
  layout.close();
  layout.close();
}

function layTest(node: TestNode, layout: Layout): void {
  layout.upToType(T.LBrace);
  layout.openBody();
  for (const [i, step] of node.steps.entries()) {
    layout.gap(i === 0 ? "hard" : "statement");
    layExpressions(stepExpressions(step), layout, step.span.end);
  }
  layout.closeBody();
}

function stepExpressions(step: TestStepNode): readonly ExprNode[] {
  switch (step.kind) {
    case "error":
    case "fixture":
      return [];
    case "given":
      return values(step.call.args);
    case "advance":
      return [step.to];
    case "expect":
      return [step.expr];
  }
}
