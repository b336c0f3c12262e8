// Deploying a plan: what becomes of its version, the topics it owns and reads, and where it starts to
// read. Order matters, so that a crash in between leaves the old version running: resolve, claim, switch,
// clean up.

import type { Deployment, TopicAddress } from "../plan/deployment.ts";
import {
  bucketOf,
  bucketStream,
  FIREHOSE_STREAM,
  type PipelineAddress,
  pipelineSubjects,
  topicSubject,
  topicWatermarkSubject,
  versionSubjects,
} from "../plan/names.ts";
import type { Input, Plan, Topic } from "../plan/plan.ts";
import type { DeploymentStore, StoredDeployment } from "./deployments.ts";
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
};

/** `unchanged`: the same plan is deployed already, in the same surroundings. */
export type DeployOutcome = { readonly kind: "deployed" | "unchanged"; readonly version: number };

/** Thrown when a plan reads a topic that no pipeline owns. Deploy its owner first. */
export class TopicNotFound extends Error {
  readonly code = "topic_not_found";
  readonly topic: string;
  /** The topics there are. */
  readonly known: readonly string[];

  constructor(topic: string, known: readonly string[]) {
    super(`no pipeline owns topic ${topic}`);
    this.topic = topic;
    this.known = known;
  }
}

/**
 * Makes `plan` the running version of its pipeline.
 * @param source the program, kept for people
 * @throws TopicNotFound, TooManyPartitions, DeploymentConflict
 */
export async function deployPlan(
  plan: Plan,
  source: string,
  target: DeployTarget,
): Promise<DeployOutcome> {
  const stored = await target.store.get(target.tenant, plan.pipeline);
  const address = stored?.deployment.address ?? addressOf(plan, target);
  const topics = await resolveTopics(plan, address, target);
  const topicPartitions = (topic: string): number => topics[topic]?.partitions ?? 0;
  checkPartitions(plan, topicPartitions, target.firehosePartitions);
  if (stored !== null && isSame(stored.deployment, plan, topics, target)) {
    return { kind: "unchanged", version: stored.deployment.version };
  }
  const version = 1 + (stored?.deployment.version ?? (await lastVersion(address, target.log)));
  const deployment: Deployment = {
    address,
    version,
    state: stored?.deployment.state ?? "running",
    plan,
    source,
    deployedAtMs: target.nowMs,
    firehosePartitions: target.firehosePartitions,
    startSeqs: await resolveStarts(plan, topics, target),
    topics,
  };
  await replace(stored, deployment, target);
  return { kind: "deployed", version };
}

/**
 * Deletes a pipeline and everything it ever wrote.
 * @returns false when there is no such pipeline
 */
export async function deletePipeline(
  tenant: string,
  pipeline: string,
  { store, log }: Pick<DeployTarget, "store" | "log">,
): Promise<boolean> {
  const stored = await store.get(tenant, pipeline);
  if (stored === null) return false;
  const { address, plan } = stored.deployment;
  await store.delete(tenant, pipeline);
  for (const topic of plan.topics) await store.releaseTopic(tenant, topic.name);
  await purge(log, address, [pipelineSubjects(address)]);
  return true;
}

function addressOf(plan: Plan, { tenant, buckets }: DeployTarget): PipelineAddress {
  return { bucket: bucketOf(tenant, plan.pipeline, buckets), tenant, pipeline: plan.pipeline };
}

async function resolveTopics(
  plan: Plan,
  address: PipelineAddress,
  { store, tenant }: DeployTarget,
): Promise<Record<string, TopicAddress>> {
  const found: Record<string, TopicAddress> = {};
  for (const { inputs } of plan.stages) {
    for (const input of inputs) {
      if (input.kind !== "topic") continue;
      const own = plan.topics.find((topic) => topic.name === input.topic);
      const at =
        own === undefined
          ? await store.topic(tenant, input.topic)
          : { owner: address, partitions: own.partitions };
      if (at === null) {
        throw new TopicNotFound(input.topic, [...(await store.topics(tenant)).keys()]);
      }
      found[input.topic] = at;
    }
  }
  return found;
}

function isSame(
  old: Deployment,
  plan: Plan,
  topics: Readonly<Record<string, TopicAddress>>,
  target: DeployTarget,
): boolean {
  return (
    old.firehosePartitions === target.firehosePartitions &&
    canonicalJson(old.plan) === canonicalJson(plan) &&
    canonicalJson(old.topics) === canonicalJson(topics)
  );
}

/** JSON with sorted keys: equal values give equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === null || typeof part !== "object" || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
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

async function resolveStarts(
  plan: Plan,
  topics: Readonly<Record<string, TopicAddress>>,
  target: DeployTarget,
): Promise<Record<string, number[]>> {
  const starts: Record<string, number[]> = {};
  for (const { id, inputs } of plan.stages) {
    starts[id] = await Promise.all(inputs.map((input) => startOf(input, topics, target)));
  }
  return starts;
}

/** The first sequence to read of an input. */
async function startOf(
  input: Input,
  topics: Readonly<Record<string, TopicAddress>>,
  { log, defaultStart }: DeployTarget,
): Promise<number> {
  if (input.kind === "exchange") return 1;
  const bucket = input.kind === "topic" ? topics[input.topic]?.owner.bucket : undefined;
  const stream = bucket === undefined ? FIREHOSE_STREAM : bucketStream(bucket);
  const { start } = input;
  if (start.at === "time") return log.seqAtTime(stream, start.ms);
  const at = start.at === "default" ? defaultStart : start.at;
  return at === "first" ? 1 : (await log.lastSeq(stream)) + 1;
}

/** Claims, switches, and only then lets go of what the old version had. */
async function replace(
  stored: StoredDeployment | null,
  deployment: Deployment,
  { store, log, tenant }: DeployTarget,
): Promise<void> {
  const { address, plan } = deployment;
  const before = new Set(stored?.deployment.plan.topics.map((topic) => topic.name));
  const claimed: string[] = [];
  try {
    for (const { name, partitions } of plan.topics) {
      await store.claimTopic(tenant, name, { owner: address, partitions });
      if (!before.has(name)) claimed.push(name);
    }
    await store.put(deployment, stored?.revision ?? 0);
  } catch (error) {
    for (const topic of claimed) await store.releaseTopic(tenant, topic);
    throw error;
  }
  if (stored !== null) await forget(stored.deployment, deployment, { store, log, tenant });
}

/** Deletes the old version's own subjects, and the topics that the new one has no more. */
async function forget(
  old: Deployment,
  now: Deployment,
  { store, log, tenant }: Pick<DeployTarget, "store" | "log" | "tenant">,
): Promise<void> {
  await purge(log, old.address, versionSubjects(old.address, old.version));
  const kept = new Set(now.plan.topics.map((topic) => topic.name));
  for (const topic of old.plan.topics) {
    if (kept.has(topic.name)) continue;
    await store.releaseTopic(tenant, topic.name);
    await purge(log, old.address, subjectsOf(old.address, topic));
  }
}

function subjectsOf(at: PipelineAddress, { name, partitions }: Topic): string[] {
  return Array.from({ length: partitions }, (_, i) => [
    topicSubject(at, name, i),
    topicWatermarkSubject(at, name, i),
  ]).flat();
}

async function purge(log: Log, { bucket }: PipelineAddress, subjects: string[]): Promise<void> {
  const stream = bucketStream(bucket);
  const throughSeq = await log.lastSeq(stream);
  for (const subject of subjects) await log.purge(stream, subject, throughSeq);
}
