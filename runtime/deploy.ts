// The life of a deployed pipeline: deploy, restart, delete. Order matters, so that whatever is cut short
// can be done again, and no two versions ever commit for the same input:
//
//   claim topics → put the new version, not to be run yet → fence the old one and hand over → let readers
//   know of partitions their topics have gained → put it to be run → delete what the old one has left

import { canonicalJson } from "../plan/canonical-json.ts";
import type { Begin, Deployment } from "../plan/deployment.ts";
import {
  bucketOf,
  bucketStream,
  lineageSubjects,
  newLineage,
  type PipelineAddress,
  pipelineSubjects,
} from "../plan/names.ts";
import type { Plan } from "../plan/plan.ts";
import { type PlanChange, planChange } from "../plan/plan-change.ts";
import { type CrashPoints, NO_CRASH_POINTS } from "./crash-points.ts";
import type { DeploymentStore, StoredDeployment } from "./deployments.ts";
import { fenceForGood, handOver } from "./lifecycle/handover.ts";
import {
  claimTopics,
  clearTopics,
  outdatedReaders,
  purgeSubjects,
  resolveTopics,
  withoutLostPartitions,
} from "./lifecycle/topics.ts";
import { checkPartitions } from "./partition-check.ts";
import type { Log } from "./ports.ts";

/** Where and against what a plan is deployed. */
export type DeployTarget = {
  readonly store: DeploymentStore;
  readonly log: Log;
  readonly tenant: string;
  /** Number of bucket streams. */
  readonly buckets: number;
  /** Partitions of the FIREHOSE stream. */
  readonly firehosePartitions: number;
  readonly nowMs: number;
  /** What `start at default` means here. */
  readonly defaultStart: "first" | "new";
  readonly crash?: CrashPoints;
};

/** Where a version begins, and with what. */
export type Beginning = {
  readonly begin: Begin;
  /** Whether the records of its topics are deleted first. */
  readonly clearTopics: boolean;
};

/** A version goes on where the one before has stopped. */
export const AT_THE_SEAM: Beginning = { begin: { at: "seam" }, clearTopics: false };

/** What a deploy does. `unchanged`: the same plan is deployed already, in the same surroundings. */
export type DeployOutcome = {
  readonly kind: "deployed" | "unchanged";
  readonly version: number;
  /** The version before; null when there was none. */
  readonly replaced: number | null;
  readonly change: PlanChange;
};

/**
 * Makes `plan` the running version of its pipeline.
 * @param source the program, kept for people
 * @throws TopicNotFound, TooManyPartitions, DeploymentConflict, LogUnavailable
 */
export async function deployPlan(
  plan: Plan,
  source: string,
  target: DeployTarget,
  beginning: Beginning = AT_THE_SEAM,
): Promise<DeployOutcome> {
  const stored = await settled(target, plan.pipeline);
  const { next, outcome } = await prepare(plan, source, stored, target, beginning);
  if (outcome.kind === "deployed") await replace(stored, next, target);
  return outcome;
}

/** What `deployPlan` would do, without doing it. @throws as `deployPlan` */
export async function previewDeploy(plan: Plan, target: DeployTarget): Promise<DeployOutcome> {
  const stored = await target.store.get(target.tenant, plan.pipeline);
  return (await prepare(plan, "", stored, target, AT_THE_SEAM)).outcome;
}

/**
 * Runs the deployed plan again from `start`, with empty state, as a new version.
 * @throws as `deployPlan`
 */
export async function restartPipeline(
  { deployment }: StoredDeployment,
  beginning: Beginning,
  target: DeployTarget,
): Promise<DeployOutcome> {
  const { plan, source, address } = deployment;
  const stored = await settled(target, address.pipeline);
  const { next, outcome } = await prepare(plan, source, stored, target, beginning);
  await replace(stored, next, target);
  return { ...outcome, kind: "deployed", version: next.version };
}

/**
 * Deletes a pipeline and everything it ever wrote.
 * @returns false when there is no such pipeline
 */
export async function deletePipeline(
  tenant: string,
  pipeline: string,
  { store, log, crash = NO_CRASH_POINTS }: Pick<DeployTarget, "store" | "log" | "crash">,
): Promise<boolean> {
  const stored = await store.get(tenant, pipeline);
  if (stored === null) return false;
  const { deployment, revision } = stored;
  await store.put({ ...deployment, state: "deleting" }, revision);
  crash.at("delete announced, nothing fenced");
  // Into a stream that is full of them nothing could be written, and a fence is.
  await clearTopics(deployment.address, deployment.plan.topics, log);
  await fenceForGood(deployment, log);
  const from = deployment.handover?.from ?? null;
  if (from !== null) await fenceForGood(from, log);
  crash.at("fenced for good, nothing deleted");
  await purgeSubjects(log, deployment.address, [pipelineSubjects(deployment.address)]);
  crash.at("messages deleted, topics not released");
  const topics = [...deployment.plan.topics, ...(from?.plan.topics ?? [])];
  for (const topic of topics) await store.releaseTopic(tenant, topic.name);
  crash.at("topics released, plan not deleted");
  await store.delete(tenant, pipeline);
  return true;
}

/** The deployed version; a deploy or a delete that was cut short is finished first. */
async function settled(target: DeployTarget, pipeline: string): Promise<StoredDeployment | null> {
  const { store, tenant } = target;
  const stored = await store.get(tenant, pipeline);
  if (stored?.deployment.state === "deleting") {
    await deletePipeline(tenant, pipeline, target);
    return null;
  }
  return stored?.deployment.handover === undefined ? stored : await settle(stored, target);
}

async function prepare(
  compiled: Plan,
  source: string,
  stored: StoredDeployment | null,
  target: DeployTarget,
  beginning: Beginning,
): Promise<{ next: Deployment; outcome: DeployOutcome }> {
  const old = stored?.deployment ?? null;
  const address = old?.address ?? addressOf(compiled, target);
  const plan = withoutLostPartitions(compiled, old?.plan ?? null);
  const topics = await resolveTopics(plan, address, target.store);
  const { firehosePartitions } = target;
  checkPartitions(plan, (topic) => topics[topic]?.partitions ?? 0, firehosePartitions);
  const change = planChange(old, { plan, topics, firehosePartitions }, beginning.begin);
  const same = old !== null && isSame(old, { plan, topics, firehosePartitions });
  const version = 1 + (old?.version ?? (await lastVersion(address, target.log)));
  const { begin } = beginning;
  const next: Deployment = {
    address,
    version,
    state: old?.state === "paused" ? "paused" : "running",
    plan,
    source,
    deployedAtMs: target.nowMs,
    firehosePartitions,
    lineages: lineagesOf(change, old, version),
    topics,
    ...(begin.at === "time" ? { notBeforeMs: begin.ms } : {}),
    handover: { from: old, defaultStart: target.defaultStart, ...beginning },
  };
  const replaced = old?.version ?? null;
  return same
    ? { next, outcome: { kind: "unchanged", version: old.version, replaced, change } }
    : { next, outcome: { kind: "deployed", version, replaced, change } };
}

function addressOf(plan: Plan, { tenant, buckets }: DeployTarget): PipelineAddress {
  return { bucket: bucketOf(tenant, plan.pipeline, buckets), tenant, pipeline: plan.pipeline };
}

type Placed = Pick<Deployment, "plan" | "topics" | "firehosePartitions">;

function isSame(old: Placed, next: Placed): boolean {
  const of = ({ plan, topics, firehosePartitions }: Placed): string =>
    canonicalJson({ plan, topics, firehosePartitions });
  return of(old) === of(next);
}

/** A stage that keeps its state keeps the name it stands under. */
function lineagesOf({ stages }: PlanChange, old: Deployment | null, version: number) {
  const lineages: Record<string, string> = {};
  for (const { kind, stage, from } of stages) {
    if (kind === "dropped") continue;
    const keeps = (kind === "kept" || kind === "edited") && from !== null;
    const lineage = keeps ? old?.lineages[from] : undefined;
    lineages[stage] = lineage ?? newLineage(version, stage);
  }
  return lineages;
}

/** The greatest version that left checkpoints behind, 0 without any: never to be used again. */
async function lastVersion(address: PipelineAddress, log: Log): Promise<number> {
  const own = pipelineSubjects(address).replace(/>$/, "");
  let last = 0;
  for await (const { subject } of log.readAll(bucketStream(address.bucket), [`${own}c.>`])) {
    const version = Number(/^v(\d+)\./.exec(subject.slice(own.length + 2))?.[1] ?? 0);
    last = Math.max(last, version);
  }
  return last;
}

async function replace(
  stored: StoredDeployment | null,
  next: Deployment,
  target: DeployTarget,
): Promise<void> {
  await using claims = await claimTopics(next, stored?.deployment.plan ?? null, target.store);
  target.crash?.at("topics claimed, plan not put");
  const put = await target.store.put(next, stored?.revision ?? 0);
  claims.keep();
  await settle(put, target);
}

/** Finishes a deploy from the moment the new version is put. */
async function settle(put: StoredDeployment, target: DeployTarget): Promise<StoredDeployment> {
  const { store, log, crash = NO_CRASH_POINTS } = target;
  const { handover, ...deployment } = put.deployment;
  crash.at("plan put, nothing handed over");
  await handOver(put.deployment, log, crash);
  crash.at("handed over, topics not cleared");
  if (handover?.clearTopics) await clearTopics(deployment.address, deployment.plan.topics, log);
  for (const reader of await outdatedReaders(deployment, store)) {
    await deployPlan(reader.plan, reader.source, target);
  }
  crash.at("readers told, plan not to be run");
  await store.saveVersion(deployment);
  const settled = await store.put(deployment, put.revision);
  crash.at("plan to be run, old version not deleted");
  if (handover?.from) await forget(handover.from, deployment, target);
  return settled;
}

/** Deletes what the old version kept for itself and the new one does not, and the topics it has no more. */
async function forget(
  old: Deployment,
  now: Deployment,
  { store, log, tenant, crash = NO_CRASH_POINTS }: DeployTarget,
): Promise<void> {
  const lineages = new Set(Object.values(now.lineages));
  const left = Object.values(old.lineages).filter((lineage) => !lineages.has(lineage));
  const subjects = left.flatMap((lineage) => lineageSubjects(old.address, lineage));
  await purgeSubjects(log, old.address, subjects);
  crash.at("old version half deleted");
  const kept = new Set(now.plan.topics.map((topic) => topic.name));
  const lost = old.plan.topics.filter(({ name }) => !kept.has(name));
  for (const { name } of lost) await store.releaseTopic(tenant, name);
  await clearTopics(old.address, lost, log);
}
