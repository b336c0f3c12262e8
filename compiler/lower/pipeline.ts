// One pipeline to one plan: its stages in order, fused until a key changes.

import { PARTITIONS_MAX } from "../../plan/partition.ts";
import {
  DEAD_LETTERS_MAX_DEFAULT,
  type DeadLetters,
  defaultDeadLetterTopic,
  type Input,
  PLAN_FORMAT,
  type Plan,
  STAGE_PARTITIONS_DEFAULT,
} from "../../plan/plan.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Shape } from "../shapes/shape.ts";
import type { CallNode, PipelineNode, Span, StageNode } from "../syntax/ast.ts";
import { integerArg, readArgs } from "./args.ts";
import { currentStage, type Draft, type TopicOwners } from "./draft.ts";
import { type Env, freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { notRunnable } from "./later.ts";
import { pushDown } from "./pushdown.ts";
import { lowerReduce } from "./reduce.ts";
import { lowerSink } from "./sink.ts";
import { lowerSource, topicName } from "./source.ts";
import { lowerTop } from "./top.ts";
import { own } from "./topics.ts";
import { lowerWindow } from "./window.ts";

/** Most dead letters a stage partition may be told to keep. */
export const DEAD_LETTERS_MAX = 1_000_000;
/** Stages of one pipeline in the source; one more is FPL0414. */
export const STAGES_MAX = 200;

/** The plan of `node`. It is whole only when nothing was reported. */
export function lowerPipeline(
  node: PipelineNode,
  env: Env,
  topics: TopicOwners,
  shapes: ReadonlyMap<StageNode, Shape>,
): Plan {
  const draft = newDraft(node, env, topics, shapes);
  const deadLetters = lowerDeadLetters(node.onError, draft);
  for (const table of node.tables) notRunnable("`table`", table.span, env.report);
  for (const stage of node.stages) lowerStage(stage, draft);
  finish(draft);
  return {
    format: PLAN_FORMAT,
    pipeline: node.name.name,
    params: Object.fromEntries(env.scope.params),
    stages: draft.stages,
    topics: draft.owned,
    deadLetters,
  };
}

function newDraft(
  node: PipelineNode,
  env: Env,
  topics: TopicOwners,
  shapes: ReadonlyMap<StageNode, Shape>,
): Draft {
  const partitions = partitionsOption(node, env);
  const input = node.source === null ? null : lowerSource(node.source, env);
  const inputs = input === null ? [] : [input];
  // A topic may have one partition only, and a stage partition without a channel would wait for ever.
  const readers = input?.kind === "topic" ? 1 : partitions;
  const stages = [{ id: "s0", partitions: readers, inputs, ops: [] }];
  const state = { window: null, keys: null, sink: null };
  return { node, env, topics, shapes, partitions, stages, owned: [], ...state };
}

function partitionsOption(node: PipelineNode, env: Env): number {
  const args = node.options.map(({ name, value }) => ({ name, value, span: value.span }));
  const spec = { positional: [], named: ["partitions"], required: [] };
  const options = readArgs("options", args, spec, node.span, env.report);
  return integerArg(options, "partitions", [1, PARTITIONS_MAX], env) ?? STAGE_PARTITIONS_DEFAULT;
}

/** `on error to dlq('topic', max: 1000)` */
function lowerDeadLetters(call: CallNode | null, draft: Draft): DeadLetters {
  const { env, node } = draft;
  const topic = defaultDeadLetterTopic(node.name.name);
  if (call === null || call.name.name !== "dlq") {
    if (call !== null && call.name.name !== "") {
      const hint = didYouMean(call.name.name, ["dlq"]);
      env.report("FPL0508", call.name.span, `\`on error to\` takes \`dlq('topic')\`${hint}`);
    }
    own(draft, { name: topic, partitions: 1, role: "dead-letters" }, node.name.span);
    return { topic, max: DEAD_LETTERS_MAX_DEFAULT };
  }
  const spec = { positional: ["topic"], named: ["max"], required: ["topic"] };
  const args = readArgs("dlq", call.args, spec, call.span, env.report);
  const value = args.get("topic");
  const name = value === undefined ? null : topicName({ value, span: value.span }, env);
  own(draft, { name: name ?? topic, partitions: 1, role: "dead-letters" }, call.span);
  const max = integerArg(args, "max", [0, DEAD_LETTERS_MAX], env) ?? DEAD_LETTERS_MAX_DEFAULT;
  return { topic: name ?? topic, max };
}

function lowerStage(stage: StageNode, draft: Draft): void {
  const { report } = draft.env;
  if (draft.sink !== null && stage.kind !== "error") {
    afterSink(stage, draft);
    return;
  }
  switch (stage.kind) {
    case "error":
      return;
    case "filter":
      lowerFilter(stage, draft);
      return;
    case "map":
      lowerStateless(stage, draft);
      return;
    case "let":
      lowerStateless(stage, draft);
      return;
    case "unnest":
      lowerStateless(stage, draft);
      return;
    case "window":
      openWindow(stage, draft);
      return;
    case "reduce":
      lowerReduce(stage, stage.span, draft);
      return;
    case "top":
      pendingWindow("top", draft);
      lowerTop(stage.args, stage.span, draft.shapes.get(stage) ?? null, draft);
      return;
    case "emit":
      lowerEmit(stage, draft);
      return;
    case "to":
      pendingWindow("to", draft);
      lowerSink(stage.target, stage.args, stage.span, draft);
      return;
    case "branch":
      draft.sink ??= stage.span;
      notRunnable("`branch`", stage.span, report);
      return;
    case "drop":
      notRunnable("`drop`", stage.span, report);
      return;
    case "dedup":
    case "sample":
    case "lookup":
    case "join":
      notRunnable(`\`${stage.kind}\``, stage.span, report);
      return;
    case "key":
    case "latest":
    case "retain":
      report("FPL0109", stage.span, `\`${stage.kind}\` stands only in a \`table\``);
  }
}

function afterSink(stage: StageNode, draft: Draft): void {
  const { report } = draft.env;
  if (stage.kind === "to") notRunnable("more than one sink", stage.span, report);
  else report("FPL0505", stage.span, "nothing can follow a sink");
}

function lowerFilter(stage: Extract<StageNode, { kind: "filter" }>, draft: Draft): void {
  const expr = lowerExpr(stage.expr, freshEnv(draft.env));
  const current = currentStage(draft);
  const [input] = current.inputs;
  if (input?.kind !== "firehose" || current.ops.some((op) => op.op !== "filter")) {
    current.ops.push({ op: "filter", expr });
    return;
  }
  const pushed = pushDown(input, expr);
  const narrowed: Input = pushed.input;
  current.inputs.splice(0, 1, narrowed);
  if (pushed.rest !== null) current.ops.push({ op: "filter", expr: pushed.rest });
}

type Stateless = Extract<StageNode, { kind: "map" | "let" | "unnest" }>;

function lowerStateless(stage: Stateless, draft: Draft): void {
  const { window } = draft;
  if (window !== null && window !== "unknown" && window.explicitOn) {
    draft.env.report(
      "FPL0415",
      stage.span,
      `\`${stage.kind}\` stands between a window and its reduce`,
      {
        help: "with `on:` the window reads the record as it is: put this stage before the window",
      },
    );
  }
  const expr = lowerExpr(stage.expr, freshEnv(draft.env));
  const { ops } = currentStage(draft);
  if (stage.kind === "map") ops.push({ op: "map", expr });
  else if (stage.kind === "let") ops.push({ op: "let", name: stage.name.name, expr });
  else ops.push({ op: "unnest", expr, as: stage.as.name });
}

function openWindow(stage: Extract<StageNode, { kind: "window" }>, draft: Draft): void {
  pendingWindow("window", draft);
  draft.window = lowerWindow(stage.call, draft) ?? "unknown";
}

/** A window must meet its reduce before anything that ends the stage. */
function pendingWindow(before: string, draft: Draft): void {
  const { window } = draft;
  draft.window = null;
  if (window === null || window === "unknown") return;
  noReduce(window.span, `before \`${before}\``, draft);
}

function noReduce(span: Span, where: string, draft: Draft): void {
  draft.env.report("FPL0416", span, `this window has no \`reduce\` ${where}`, {
    help: "a window only says over what the next `reduce` aggregates",
  });
}

function lowerEmit(stage: Extract<StageNode, { kind: "emit" }>, draft: Draft): void {
  const { report } = draft.env;
  if (stage.mode.name === "changes") {
    notRunnable("`emit changes`", stage.span, report);
    return;
  }
  if (stage.mode.name === "final") return;
  const hint = didYouMean(stage.mode.name, ["final", "changes"]);
  report("FPL0417", stage.mode.span, `unknown \`emit ${stage.mode.name}\`${hint}`);
}

/** A pipeline ends in a sink, and no window is left open. */
function finish(draft: Draft): void {
  const { node, env, window } = draft;
  if (node.stages.length > STAGES_MAX) {
    env.report("FPL0414", node.name.span, `a pipeline has at most ${STAGES_MAX} stages`);
  }
  if (window !== null && window !== "unknown") noReduce(window.span, "after it", draft);
  const broken = node.stages.some((stage) => stage.kind === "error") || node.source === null;
  if (draft.sink === null && !broken) {
    env.report("FPL0504", node.name.span, `pipeline \`${node.name.name}\` has no sink`, {
      help: "end it with `|> to topic('name')` or `|> to stdout`",
    });
  }
  for (const input of draft.stages[0]?.inputs ?? []) {
    if (input.kind !== "topic" || draft.topics.get(input.topic) !== node.name.name) continue;
    env.report("FPL0509", node.name.span, `this pipeline reads its own topic \`${input.topic}\``);
  }
}
