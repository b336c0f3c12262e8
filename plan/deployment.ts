// A deployed pipeline: the plan plus everything a worker anywhere needs to run it. Stored in KV as JSON.

import type { PipelineAddress } from "./names.ts";
import type { Plan } from "./plan.ts";

export type DeploymentState = "running" | "paused";

export type Deployment = {
  readonly address: PipelineAddress;
  /** Counts deploys of this pipeline that changed it; part of its checkpoints' subjects. */
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
   * Where a stage without a checkpoint starts, resolved at deploy so that it does not matter when a
   * worker picks it up: by stage id, the first sequence to read of each input.
   */
  readonly startSeqs: Readonly<Record<string, readonly number[]>>;
  /** The topics it reads: where they live and how many partitions they have. */
  readonly topics: Readonly<Record<string, TopicAddress>>;
};

/** Where a topic is stored. */
export type TopicAddress = { readonly owner: PipelineAddress; readonly partitions: number };

/** Key of a deployment in the plans bucket. */
export function deploymentKey(tenant: string, pipeline: string): string {
  return `${tenant}.${pipeline}`;
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

/** Names a task in logs, leases and status: `hashtag_trends@3/s1.02`. */
export function taskName(deployment: Deployment, task: TaskId): string {
  const { address, version } = deployment;
  return `${address.tenant}.${address.pipeline}@${version}/${task.stage}.${task.partition}`;
}
