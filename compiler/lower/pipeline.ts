// One pipeline to one plan: its stages in order, fused until a key changes.

import { PARTITIONS_MAX } from "../../plan/partition.ts";
import {
  DEAD_LETTERS_MAX_DEFAULT,
  type DeadLetters,
  defaultDeadLetterTopic,
  PLAN_FORMAT,
  type Plan,
  STAGE_PARTITIONS_DEFAULT,
} from "../../plan/plan.ts";
import type { Report } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Shape } from "../shapes/shape.ts";
import type { CallNode, PipelineNode, Span, StageNode } from "../syntax/ast.ts";
import { type Args, integerArg, readArgs, wordArg } from "./args.ts";
import { lowerBranch } from "./branch.ts";
import { lowerDedup } from "./dedup.ts";
import type { Draft, DraftStage, TopicOwners } from "./draft.ts";
import { readEmit } from "./emit.ts";
import { type Env, freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { lowerFilter } from "./filter.ts";
import { notRunnable } from "./later.ts";
import { lowerReduce } from "./reduce.ts";
import { lowerSample } from "./sample.ts";
import { lowerSink } from "./sink.ts";
import { lowerSources, topicName } from "./source.ts";
import { lowerTop } from "./top.ts";
import { own } from "./topics.ts";
import { lowerWindow } from "./window.ts";

/** What `on_poison` may be. */
const ON_POISON = ["stop", "dead_letter"] as const;
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
  lowerStages(node.stages, draft);
  finish(draft);
  return {
    format: PLAN_FORMAT,
    pipeline: node.name.name,
    params: Object.fromEntries(env.scope.params),
    stages: draft.stages,
    topics: draft.owned,
    deadLetters,
    ...onPoison(node, env),
  };
}

function newDraft(
  node: PipelineNode,
  env: Env,
  topics: TopicOwners,
  shapes: ReadonlyMap<StageNode, Shape>,
): Draft {
  const partitions = partitionsOption(node, env);
  const inputs = node.source === null ? [] : lowerSources(node.source, env);
  // A topic may have one partition only, and a stage partition without a channel would wait for ever.
  const readers = inputs.some((input) => input.kind === "topic") ? 1 : partitions;
  const stage: DraftStage = { id: "s0", partitions: readers, inputs, ops: [] };
  const at = { stages: [stage], stage, ops: stage.ops, branchDepth: 0 };
  const state = { window: null, keys: null, sink: null };
  return { node, env, topics, shapes, partitions, owned: [], ...at, ...state };
}

/** `options { … }`, whose mistakes are reported. */
function readOptions(node: PipelineNode, report: Report): Args {
  const args = node.options.map(({ name, value }) => ({ name, value, span: value.span }));
  const spec = { positional: [], named: ["partitions", "on_poison"], required: [] };
  return readArgs("options", args, spec, node.span, report);
}

/** `on_poison: stop`; `dead_letter` is what a plan says by leaving it out. Mistakes were reported before. */
function onPoison(node: PipelineNode, env: Env): Pick<Plan, "onPoison"> {
  const options = readOptions(node, () => undefined);
  const word = wordArg(options, "on_poison", ON_POISON, env);
  return word === "stop" ? { onPoison: word } : {};
}

function partitionsOption(node: PipelineNode, env: Env): number {
  const options = readOptions(node, env.report);
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

/** A chain of stages: a pipeline's, or an arm's. */
function lowerStages(stages: readonly StageNode[], draft: Draft): void {
  for (const [i, stage] of stages.entries()) {
    const next = stages[i + 1];
    if (stage.kind === "reduce" && draft.sink === null) {
      const emission = next?.kind === "emit" ? readEmit(next, draft.env) : undefined;
      lowerReduce(stage, stage.span, emission, draft);
    } else if (stage.kind !== "emit" || stages[i - 1]?.kind !== "reduce") lowerStage(stage, draft);
  }
  const { window } = draft;
  if (window !== null && window !== "unknown") noReduce(window.span, "after it", draft);
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
      lowerFilter(stage.expr, draft);
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
      return;
    case "top":
      pendingWindow("top", draft);
      lowerTop(stage.args, stage.span, draft.shapes.get(stage) ?? null, draft);
      return;
    case "emit":
      report(
        "FPL0420",
        stage.span,
        "`emit` says when the results of a `reduce` leave: put it behind one",
      );
      return;
    case "to":
      pendingWindow("to", draft);
      lowerSink(stage.target, stage.args, stage.span, draft);
      return;
    case "branch":
      pendingWindow("branch", draft);
      lowerBranch(stage.arms, stage.span, draft, lowerStages);
      draft.sink ??= stage.span;
      return;
    case "drop":
      report("FPL0419", stage.span, "`drop` stands alone in an arm: `else => drop`");
      draft.sink ??= stage.span;
      return;
    case "sample":
      lowerSample(stage.args, stage.span, draft);
      return;
    case "dedup":
      pendingWindow("dedup", draft);
      lowerDedup(stage.args, stage.span, draft);
      return;
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

/** Only other sinks follow a sink: they get the same records. */
function afterSink(stage: StageNode, draft: Draft): void {
  if (stage.kind === "to" && draft.ops.at(-1)?.op === "sink") {
    lowerSink(stage.target, stage.args, stage.span, draft);
  } else draft.env.report("FPL0505", stage.span, "nothing but another sink can follow a sink");
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
  const { ops } = draft;
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

/** A pipeline ends in a sink. */
function finish(draft: Draft): void {
  const { node, env } = draft;
  if (countStages(node.stages) > STAGES_MAX) {
    env.report("FPL0414", node.name.span, `a pipeline has at most ${STAGES_MAX} stages`);
  }
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

/** Those of arms included. */
function countStages(stages: readonly StageNode[]): number {
  return stages.reduce(
    (sum, stage) =>
      stage.kind === "branch"
        ? stage.arms.reduce((inner, arm) => inner + countStages(arm.stages), sum + 1)
        : sum + 1,
    0,
  );
}
