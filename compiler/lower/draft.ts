// A pipeline while it is being lowered: the stages so far, and what the next one may rely on.

import type { Expr } from "../../plan/expr.ts";
import type { Input, Op, Topic, Window } from "../../plan/plan.ts";
import type { Shape } from "../shapes/shape.ts";
import type { PipelineNode, Span, StageNode } from "../syntax/ast.ts";
import type { Env } from "./env.ts";

/** A stage that is still being filled. */
export type DraftStage = {
  readonly id: string;
  readonly partitions: number;
  readonly inputs: Input[];
  readonly ops: Op[];
};

/** A window that waits for its reduce. */
export type PendingWindow = {
  readonly window: Window;
  readonly on: Expr;
  /** Whether `on:` was written: then no stage may change the record before the reduce. */
  readonly explicitOn: boolean;
  readonly maxAheadMs: number;
  readonly late: string | null;
  readonly span: Span;
};

export type Draft = {
  readonly node: PipelineNode;
  readonly env: Env;
  readonly topics: TopicOwners;
  readonly shapes: ReadonlyMap<StageNode, Shape>;
  /** Partitions of stages that read by key. */
  readonly partitions: number;
  readonly stages: DraftStage[];
  readonly owned: Topic[];
  /** `unknown`: a window that does not run yet; its reduce is not checked further. */
  window: PendingWindow | "unknown" | null;
  /** Key fields of the last windowed reduce; null before one. */
  keys: readonly string[] | null;
  /** Where the first sink stands. */
  sink: Span | null;
};

/** Topics of the whole file: each has one owner. */
export type TopicOwners = Map<string, string>;

/** The stage ops go to now. */
export function currentStage(draft: Draft): DraftStage {
  const stage = draft.stages.at(-1);
  if (stage === undefined) throw new Error("a draft has a stage before its first op");
  return stage;
}

/** Closes the current stage with an exchange and opens the one behind it. */
export function exchange(
  draft: Draft,
  keys: readonly Expr[],
  columns: readonly Expr[],
  partitions: number,
): DraftStage {
  const from = currentStage(draft);
  const id = `s${draft.stages.length}`;
  from.ops.push({ op: "exchange", to: id, keys, columns });
  const next = {
    id,
    partitions,
    inputs: [{ kind: "exchange", from: [from.id] } as const],
    ops: [],
  };
  draft.stages.push(next);
  return next;
}
