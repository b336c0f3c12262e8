// A pipeline while it is being lowered: the stages so far, and what the next one may rely on.

import type { Expr } from "../../plan/expr.ts";
import type { ExchangeOp, Input, Op, Topic, Window } from "../../plan/plan.ts";
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
  /** Where the next op goes: into `stage`, at the end of `ops`, which are its own or those of an arm. */
  stage: DraftStage;
  ops: Op[];
  /** How many branches are around here. */
  readonly branchDepth: number;
  /** `unknown`: a window that does not run yet; its reduce is not checked further. */
  window: PendingWindow | "unknown" | null;
  /** Key fields of the last windowed reduce; null before one. */
  keys: readonly string[] | null;
  /** Where the first sink stands. */
  sink: Span | null;
};

/** Topics of the whole file: each has one owner. */
export type TopicOwners = Map<string, string>;

export type Tells = Pick<ExchangeOp, "known" | "seen">;

/**
 * Ends the current ops with an exchange and opens the stage behind it.
 * @param tells what the rows say of their records beside keys and columns
 */
export function exchange(
  draft: Draft,
  keys: readonly Expr[],
  columns: readonly Expr[],
  partitions: number,
  tells: Tells,
): void {
  const id = `s${draft.stages.length}`;
  draft.ops.push({ op: "exchange", to: id, keys, columns, ...tells });
  const from = [draft.stage.id];
  const stage: DraftStage = { id, partitions, inputs: [{ kind: "exchange", from }], ops: [] };
  draft.stages.push(stage);
  draft.stage = stage;
  draft.ops = stage.ops;
}
