// Follows the fields of the records through the stages of every pipeline. Names only; types are not
// checked here.

import { EVENT_FIELDS } from "../../plan/event.ts";
import type { Report } from "../diagnostics/diagnostic.ts";
import { AGGREGATE_NAMES } from "../lower/aggregate-names.ts";
import type { Scope } from "../resolve/scope.ts";
import type {
  Arg,
  ExprNode,
  PipelineNode,
  ProgramNode,
  ReduceNode,
  SourceNode,
  StageNode,
} from "../syntax/ast.ts";
import { children } from "../syntax/node.ts";
import { checkFields } from "./fields.ts";
import type { Shape } from "./shape.ts";

/** Options of stages that are read from the record. */
const RECORD_OPTIONS = new Set(["on", "by", "per", "key", "rank"]);

type Pass = {
  readonly scope: Scope;
  readonly report: Report;
  /** The pipeline that writes a topic. */
  readonly writers: ReadonlyMap<string, PipelineNode>;
  /** What is known before each stage. */
  readonly before: Map<StageNode, Shape>;
  /** What is known of a topic; null while it is being found out. */
  readonly topics: Map<string, Shape>;
  readonly done: Set<PipelineNode>;
};

/** Reports unknown fields; gives the fields known before every stage. */
export function checkShapes(
  program: ProgramNode,
  scope: Scope,
  report: Report,
): ReadonlyMap<StageNode, Shape> {
  const pipelines = program.items.filter((item) => item.kind === "pipeline");
  const pass: Pass = {
    scope,
    report,
    writers: new Map(pipelines.flatMap((node) => sinksOf(node).map((topic) => [topic, node]))),
    before: new Map(),
    topics: new Map(),
    done: new Set(),
  };
  for (const node of pipelines) checkPipeline(node, pass);
  return pass.before;
}

/** Topics a pipeline's own sink writes, where the name is a literal. */
function sinksOf(node: PipelineNode): string[] {
  return node.stages.flatMap((stage) => {
    const topic = stage.kind === "to" && stage.target.name === "topic" ? nameOf(stage.args) : null;
    return topic === null ? [] : [topic];
  });
}

function nameOf(args: readonly Arg[]): string | null {
  const value = args[0]?.value;
  return value?.kind === "literal" && typeof value.value === "string" ? value.value : null;
}

function checkPipeline(node: PipelineNode, pass: Pass): void {
  if (pass.done.has(node)) return;
  pass.done.add(node);
  let shape = node.source === null ? null : sourceShape(node.source, pass);
  for (const stage of node.stages) shape = checkStage(stage, shape, pass);
}

/** Pipelines that read each other's topics know nothing of the one that is still open. */
function sourceShape(source: SourceNode, pass: Pass): Shape {
  if (source.kind === "union") return null;
  const { name, args } = source.call;
  if (name.name === "firehose" || name.name === "events") return new Set(EVENT_FIELDS);
  const topic = name.name === "topic" ? nameOf(args) : null;
  const writer = topic === null ? undefined : pass.writers.get(topic);
  if (topic === null || writer === undefined) return null;
  checkPipeline(writer, pass);
  return pass.topics.get(topic) ?? null;
}

function checkStage(stage: StageNode, shape: Shape, pass: Pass): Shape {
  pass.before.set(stage, shape);
  const check = (node: ExprNode) => checkExpr(node, shape, pass);
  switch (stage.kind) {
    case "filter":
      check(stage.expr);
      return shape;
    case "map":
      check(stage.expr);
      return mapShape(stage.expr);
    case "let":
      check(stage.expr);
      return plus(shape, stage.name.name);
    case "unnest":
      check(stage.expr);
      return plus(shape, stage.as.name);
    case "dedup":
    case "sample":
    case "top":
      checkArgs(stage.args, check);
      return shape;
    case "window":
      checkArgs(stage.call.args, check);
      return shape;
    case "to":
      checkArgs(stage.args, check);
      if (stage.target.name === "topic") remember(stage.args, shape, pass);
      return shape;
    case "reduce":
      return reduceShape(stage, check, pass.scope);
    case "lookup":
      check(stage.key);
      return plus(shape, stage.as.name);
    case "branch":
      for (const arm of stage.arms) checkArm(arm.when, arm.stages, shape, pass);
      return null;
    case "emit":
    case "drop":
      return shape;
    case "error":
    case "join":
    case "key":
    case "latest":
    case "retain":
      return null;
  }
}

function checkArm(
  when: ExprNode | null,
  stages: readonly StageNode[],
  shape: Shape,
  pass: Pass,
): void {
  if (when !== null) checkExpr(when, shape, pass);
  let inner = shape;
  for (const stage of stages) inner = checkStage(stage, inner, pass);
}

function checkExpr(node: ExprNode, shape: Shape, { report }: Pass): void {
  checkFields(node, { root: shape, current: shape, report });
}

function checkArgs(args: readonly Arg[], check: (node: ExprNode) => void): void {
  for (const arg of args) {
    if (arg.name !== null && RECORD_OPTIONS.has(arg.name.name)) check(arg.value);
  }
}

function remember(args: readonly Arg[], shape: Shape, pass: Pass): void {
  const topic = nameOf(args);
  if (topic !== null) pass.topics.set(topic, shape);
}

function plus(shape: Shape, name: string): Shape {
  return shape === null ? null : new Set([...shape, name]);
}

/** The record keeps its time. */
function mapShape(expr: ExprNode): Shape {
  if (expr.kind !== "object") return null;
  return new Set([...expr.entries.map((entry) => entry.name.name), "time"]);
}

function reduceShape(node: ReduceNode, check: (node: ExprNode) => void, scope: Scope): Shape {
  const names: string[] = [];
  for (const { name, value } of node.keys) {
    check(value);
    const key = name?.name ?? lastName(value);
    if (key === null) return null;
    names.push(key);
  }
  for (const entry of node.aggregates) {
    names.push(entry.name.name);
    checkAggregates(entry.value, check, scope);
  }
  return new Set([...names, "window", "time"]);
}

function lastName(node: ExprNode): string | null {
  if (node.kind === "field") return node.name;
  const last = node.kind === "path" ? node.steps.at(-1) : undefined;
  return last?.kind === "field" ? last.name : null;
}

/** Only what stands inside an aggregate is taken from the records. */
function checkAggregates(node: ExprNode, check: (node: ExprNode) => void, scope: Scope): void {
  const name = node.kind === "call" ? node.name.name : null;
  const aggregate = name !== null && AGGREGATE_NAMES.has(name) && !scope.functions.has(name);
  for (const child of children(node)) {
    if (aggregate) check(child);
    else checkAggregates(child, check, scope);
  }
}
