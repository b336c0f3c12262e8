// The topics of a deployment: those it reads, which somebody must own, and those it owns, which lose no
// partitions as long as they live, because somebody may not have read them to their end.

import type { Deployment, TopicAddress } from "../../plan/deployment.ts";
import {
  bucketStream,
  type PipelineAddress,
  topicSubject,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import type { Plan, Topic } from "../../plan/plan.ts";
import type { DeploymentStore } from "../deployments.ts";
import type { Log } from "../ports.ts";

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

/** The topics that `plan` reads, by name. @throws TopicNotFound */
export async function resolveTopics(
  plan: Plan,
  address: PipelineAddress,
  store: DeploymentStore,
): Promise<Record<string, TopicAddress>> {
  const { tenant } = address;
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

/** The plan with topics of at least as many partitions as in the plan before. */
export function withoutLostPartitions(plan: Plan, before: Plan | null): Plan {
  const was = new Map(before?.topics.map(({ name, partitions }) => [name, partitions]));
  const topics = plan.topics.map((topic) => {
    const partitions = Math.max(topic.partitions, was.get(topic.name) ?? 0);
    return partitions === topic.partitions ? topic : { ...topic, partitions };
  });
  return topics.some((topic, i) => topic !== plan.topics[i]) ? { ...plan, topics } : plan;
}

/** Makes the pipeline the owner of its topics, or leaves everything as it was. @throws DeploymentConflict */
export async function claimTopics(
  { address, plan }: Deployment,
  before: Plan | null,
  store: DeploymentStore,
): Promise<AsyncDisposable & { readonly keep: () => void }> {
  const { tenant } = address;
  const had = new Set(before?.topics.map((topic) => topic.name));
  let claimed: string[] = [];
  const release = async (): Promise<void> => {
    for (const topic of claimed) await store.releaseTopic(tenant, topic);
  };
  try {
    for (const { name, partitions } of plan.topics) {
      await store.claimTopic(tenant, name, { owner: address, partitions });
      if (!had.has(name)) claimed.push(name);
    }
  } catch (error) {
    await release();
    throw error;
  }
  const keep = (): void => {
    claimed = [];
  };
  return { keep, [Symbol.asyncDispose]: release };
}

/** The deployments that read a topic of `owner` which has another number of partitions than they know. */
export async function outdatedReaders(
  { address, plan }: Deployment,
  store: DeploymentStore,
): Promise<Deployment[]> {
  const { deployments } = await store.list(address.tenant);
  return deployments.filter(
    (reader) =>
      reader.address.pipeline !== address.pipeline &&
      reader.state !== "deleting" &&
      plan.topics.some(({ name, partitions }) => {
        const known = reader.topics[name];
        return known?.owner.pipeline === address.pipeline && known.partitions !== partitions;
      }),
  );
}

/** Deletes what stands in topics. */
export async function clearTopics(
  address: PipelineAddress,
  topics: readonly Topic[],
  log: Log,
): Promise<void> {
  await purgeSubjects(
    log,
    address,
    topics.flatMap((topic) => subjectsOf(address, topic)),
  );
}

/** Deletes everything that stands on the subjects now. */
export async function purgeSubjects(
  log: Log,
  { bucket }: PipelineAddress,
  subjects: readonly string[],
): Promise<void> {
  const stream = bucketStream(bucket);
  const throughSeq = await log.lastSeq(stream);
  for (const subject of subjects) await log.purge(stream, subject, throughSeq);
}

function subjectsOf(at: PipelineAddress, { name, partitions }: Topic): string[] {
  return Array.from({ length: partitions }, (_, i) => [
    topicSubject(at, name, i),
    topicWatermarkSubject(at, name, i),
  ]).flat();
}
