// A deployed pipeline: the plan plus everything a worker anywhere needs to run it. Stored in KV as JSON.

import type { PipelineAddress } from "./names.ts";
import type { Input, Plan, Stage, Start } from "./plan.ts";

/** `deleting`: nothing of it runs any more; a delete that was cut short is done by the next one. */
export type DeploymentState = "running" | "paused" | "deleting";

export type Deployment = {
  readonly address: PipelineAddress;
  /** Counts deploys of this pipeline that changed it; part of its producers' names. */
  readonly version: number;
  readonly state: DeploymentState;
  readonly plan: Plan;
  /** The program it was compiled from, for people. */
  readonly source: string;
  /** Wall-clock time of the deploy, milliseconds since the epoch. */
  readonly deployedAtMs: number;
  /** Partitions of the FIREHOSE stream it was deployed against. */
  readonly firehosePartitions: number;
  /**
   * By stage id, the name under which the stage's exchange, checkpoints and state stand (`newLineage`). A
   * stage that keeps its state keeps this name from version to version.
   */
  readonly lineages: Readonly<Record<string, string>>;
  /** The topics it reads: where they live and how many partitions they have. */
  readonly topics: Readonly<Record<string, TopicAddress>>;
  /** Restarted from an instant: records of sources from before it are dropped. */
  readonly notBeforeMs?: number;
  /** Set until its tasks' checkpoints are made, and those of the version before are fenced: it does not run. */
  readonly handover?: Handover;
};

/** What a version needs to take over from the one before. */
export type Handover = {
  /** The version before, itself handed over; null when there was none. */
  readonly from: Deployment | null;
  /** Where a source starts that nobody has read yet, when the plan says `default`. */
  readonly defaultStart: "first" | "new";
  readonly begin: Begin;
  /** Whether topics are emptied before it runs. */
  readonly clearTopics: boolean;
};

/**
 * Where the sources of a version start. `seam`: where the version before has stopped, and with its state
 * where that is the same. Everything else begins again: `default`, where the plan says, or elsewhere.
 */
export type Begin = { readonly at: "seam" } | Start;

/** Where a topic is stored. */
export type TopicAddress = { readonly owner: PipelineAddress; readonly partitions: number };

/**
 * Tells one deploy from every other: a checkpoint names the one whose tasks may commit on it. (A version
 * number alone can come again, after a delete.)
 */
export function deploymentId({ version, deployedAtMs }: Deployment): string {
  return `v${version}@${deployedAtMs}`;
}

/** Whether tasks of it are to run. */
export function isRunnable({ state, handover }: Deployment): boolean {
  return state === "running" && handover === undefined;
}

/** Key of a deployment in the plans bucket. */
export function deploymentKey(tenant: string, pipeline: string): string {
  return `${tenant}.${pipeline}`;
}

/** Key of a version of a deployment in the versions bucket. */
export function versionKey(tenant: string, pipeline: string, version: number | "*"): string {
  return `${deploymentKey(tenant, pipeline)}.${version}`;
}

/** Key of a topic in the topics bucket. */
export function topicKey(tenant: string, topic: string): string {
  return `${tenant}.${topic}`;
}

/** One unit of ownership: a stage partition of one version of a pipeline. */
export type TaskId = { readonly stage: string; readonly partition: number };

/** All tasks of a deployment. */
export function tasksOf(deployment: Deployment): TaskId[] {
  return deployment.plan.stages.flatMap((stage) =>
    Array.from({ length: stage.partitions }, (_, partition) => ({ stage: stage.id, partition })),
  );
}

/** The stage `id` as this deployment runs it. */
export function stageOf({ plan, notBeforeMs }: Deployment, id: string): Stage {
  const stage = plan.stages.find((one) => one.id === id);
  if (stage === undefined) throw new Error(`invariant broken: no stage ${id}`);
  if (notBeforeMs === undefined) return stage;
  return { ...stage, inputs: stage.inputs.map((input) => startingAt(input, notBeforeMs)) };
}

function startingAt(input: Input, ms: number): Input {
  return input.kind === "exchange" ? input : { ...input, start: { at: "time", ms } };
}

/** The lineage of stage `id`. */
export function lineageOf({ lineages, address, version }: Deployment, id: string): string {
  const lineage = lineages[id];
  if (lineage !== undefined) return lineage;
  throw new Error(`invariant broken: ${address.pipeline}@${version} has no lineage of ${id}`);
}

/** Names a task in logs, leases and status: `hashtag_trends@3/s1.02`. */
export function taskName(deployment: Deployment, task: TaskId): string {
  const { address, version } = deployment;
  return `${address.tenant}.${address.pipeline}@${version}/${task.stage}.${task.partition}`;
}
