// What becomes of a deployed plan when another one takes its place: which stages go on with their state,
// which begin again and why, which topics come and go.

import { canonicalJson } from "./canonical-json.ts";
import type { Begin } from "./deployment.ts";
import { isStateful } from "./ops.ts";
import type { Op, Plan, Stage } from "./plan.ts";
import {
  type Surroundings,
  sourceIdentity,
  stateIdentity,
  upstreamIdentity,
} from "./state-identity.ts";

/** A plan where it is deployed. */
export type PlacedPlan = Surroundings & { readonly plan: Plan };

/**
 * `kept`: goes on unchanged. `edited`: goes on with position and state, what it does with the results is new.
 * `rebuilt`: begins with empty state in place of `from`. `new`, `dropped`: has no counterpart.
 */
export type StageChange = {
  readonly kind: "kept" | "edited" | "rebuilt" | "new" | "dropped";
  /** Its id in the new plan; of a dropped stage, in the old one. */
  readonly stage: string;
  /** Its counterpart in the old plan. */
  readonly from: string | null;
  /** Whether there is state to keep or to lose. */
  readonly stateful: boolean;
  /** Of a rebuilt stage: what has changed. */
  readonly why: readonly string[];
};

export type TopicChange = {
  readonly kind: "kept" | "grown" | "new" | "dropped";
  readonly topic: string;
  readonly partitions: number;
};

/** Where a source of the new plan is read from. */
export type SourceStart = { readonly stage: string; readonly source: string; readonly at: Begin };

export type PlanChange = {
  readonly stages: readonly StageChange[];
  readonly topics: readonly TopicChange[];
  readonly sources: readonly SourceStart[];
};

/** @param begin other than `seam`: nothing is kept */
export function planChange(old: PlacedPlan | null, next: PlacedPlan, begin: Begin): PlanChange {
  return {
    stages: stageChanges(old, next, begin.at !== "seam"),
    topics: topicChanges(old, next),
    sources: sourceStarts(old, next, begin),
  };
}

function stageChanges(old: PlacedPlan | null, next: PlacedPlan, fresh: boolean): StageChange[] {
  const left = new Map(old?.plan.stages.map((stage) => [stage.id, stage]));
  const keepers = new Map<string, Stage>();
  for (const stage of fresh ? [] : next.plan.stages) {
    const keeper = keeperOf(stage, next, old, [...left.values()]);
    if (keeper === null) continue;
    keepers.set(stage.id, keeper);
    left.delete(keeper.id);
  }
  const changes = next.plan.stages.map((stage): StageChange => {
    const keeper = keepers.get(stage.id);
    if (keeper !== undefined) return kept(stage, keeper);
    const before = left.get(stage.id);
    left.delete(stage.id);
    if (before === undefined || old === null) return unmatched("new", stage);
    const why = fresh ? ["restarted"] : reasons(before, old, stage, next);
    return { ...unmatched("rebuilt", stage), from: before.id, why };
  });
  return [...changes, ...[...left.values()].map((stage) => unmatched("dropped", stage))];
}

/** The stage among `left` whose state `stage` may go on with; the one of the same id if it may choose. */
function keeperOf(
  stage: Stage,
  next: PlacedPlan,
  old: PlacedPlan | null,
  left: readonly Stage[],
): Stage | null {
  if (old === null) return null;
  const identity = stateIdentity(next.plan, stage, next);
  const equal = left.filter((one) => stateIdentity(old.plan, one, old) === identity);
  return equal.find(({ id }) => id === stage.id) ?? equal[0] ?? null;
}

function kept(stage: Stage, keeper: Stage): StageChange {
  const same = canonicalJson(content(stage)) === canonicalJson(content(keeper));
  return { ...unmatched(same ? "kept" : "edited", stage), from: keeper.id };
}

/** Ids of stages may shift when one comes before them. */
function content({ inputs, ops }: Stage): unknown {
  return { inputs: inputs.map((input) => ({ ...input, from: null })), ops: ops.map(withoutIds) };
}

function withoutIds(op: Op): Op {
  if (op.op === "exchange") return { ...op, to: "" };
  if (op.op !== "branch") return op;
  return { ...op, arms: op.arms.map(({ when, ops }) => ({ when, ops: ops.map(withoutIds) })) };
}

function unmatched(kind: StageChange["kind"], stage: Stage): StageChange {
  return { kind, stage: stage.id, from: null, stateful: statefulOp(stage) !== null, why: [] };
}

function statefulOp({ ops: [first] }: Stage): Op | null {
  return first !== undefined && isStateful(first) ? first : null;
}

function reasons(before: Stage, old: PlacedPlan, stage: Stage, next: PlacedPlan): string[] {
  const why: string[] = [];
  if (before.partitions !== stage.partitions) {
    why.push(`${before.partitions} → ${stage.partitions} partitions`);
  }
  if (upstreamIdentity(old.plan, before, old) !== upstreamIdentity(next.plan, stage, next)) {
    why.push("what comes to it");
  }
  return [...why, ...opReasons(statefulOp(before), statefulOp(stage))];
}

function opReasons(before: Op | null, op: Op | null): string[] {
  if (before?.op !== op?.op) return [`${before?.op ?? "stateless"} → ${op?.op ?? "stateless"}`];
  const [was, is] = [{ ...before }, { ...op }] as Record<string, unknown>[];
  return Object.keys({ ...was, ...is }).filter(
    (part) => canonicalJson(was?.[part] ?? null) !== canonicalJson(is?.[part] ?? null),
  );
}

function topicChanges(old: PlacedPlan | null, next: PlacedPlan): TopicChange[] {
  const before = new Map(old?.plan.topics.map((topic) => [topic.name, topic]));
  const changes = next.plan.topics.map(({ name, partitions }): TopicChange => {
    const was = before.get(name)?.partitions;
    before.delete(name);
    const kind = was === undefined ? "new" : was < partitions ? "grown" : "kept";
    return { kind, topic: name, partitions };
  });
  const dropped = [...before.values()].map(({ name, partitions }): TopicChange => {
    return { kind: "dropped", topic: name, partitions };
  });
  return [...changes, ...dropped];
}

function sourceStarts(old: PlacedPlan | null, next: PlacedPlan, begin: Begin): SourceStart[] {
  const read = new Set(old === null ? [] : sourcesOf(old).map(({ identity }) => identity));
  return sourcesOf(next).map(({ stage, input, identity }) => {
    const source = input.kind === "topic" ? `topic ${input.topic}` : "firehose";
    const goesOn = begin.at === "seam" && read.has(identity);
    const planned = begin.at === "seam" || begin.at === "default";
    return { stage, source, at: goesOn ? begin : planned ? input.start : begin };
  });
}

function sourcesOf(placed: PlacedPlan) {
  return placed.plan.stages.flatMap(({ id, inputs }) =>
    inputs.flatMap((input) =>
      input.kind === "exchange"
        ? []
        : [{ stage: id, input, identity: sourceIdentity(input, placed) }],
    ),
  );
}
