// Deployed pipelines and topic owners in two KV buckets, as JSON.

import { JetStreamApiError } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { z } from "zod";
import {
  type Begin,
  type Deployment,
  deploymentKey,
  type TopicAddress,
  topicKey,
  versionKey,
} from "../../../plan/deployment.ts";
import { PLANS_BUCKET, TOPICS_BUCKET, VERSIONS_BUCKET } from "../../../plan/names.ts";
import { validatePlan } from "../../../plan/validate.ts";
import {
  type DeploymentChange,
  DeploymentConflict,
  type DeploymentList,
  type DeploymentStore,
  DeploymentUnreadable,
  type StoredDeployment,
  type UnreadableEntry,
  VERSIONS_MAX,
} from "../../deployments.ts";
import { errorMessage } from "../nats-server/error-message.ts";
import { answered } from "./retry.ts";

const addressSchema = z.object({ bucket: z.number(), tenant: z.string(), pipeline: z.string() });
const topicSchema: z.ZodType<TopicAddress> = z.object({
  owner: addressSchema,
  partitions: z.number(),
});
const deployedSchema = z.object({
  address: addressSchema,
  version: z.number(),
  state: z.enum(["running", "paused", "deleting"]),
  plan: z.unknown().transform(validatePlan),
  source: z.string(),
  deployedAtMs: z.number(),
  firehosePartitions: z.number(),
  lineages: z.record(z.string(), z.string()),
  topics: z.record(z.string(), topicSchema),
  notBeforeMs: z.number().exactOptional(),
});
const startSchema: z.ZodType<Begin> = z.discriminatedUnion("at", [
  z.object({ at: z.enum(["seam", "default", "first", "new"]) }),
  z.object({ at: z.literal("time"), ms: z.number() }),
]);
const deploymentSchema: z.ZodType<Deployment> = deployedSchema.extend({
  handover: z
    .object({
      from: deployedSchema.nullable(),
      defaultStart: z.enum(["first", "new"]),
      begin: startSchema,
      clearTopics: z.boolean(),
    })
    .exactOptional(),
});

/** JetStream's "wrong last sequence": somebody else wrote the key. */
const WRONG_LAST_SEQUENCE = 10071;

export class NatsDeploymentStore implements DeploymentStore {
  readonly #plans: KV;
  readonly #versions: KV;
  readonly #topics: KV;

  private constructor(plans: KV, versions: KV, topics: KV) {
    this.#plans = plans;
    this.#versions = versions;
    this.#topics = topics;
  }

  /** Opens the buckets that `ensureStreams` made. */
  static async open(connection: NatsConnection): Promise<NatsDeploymentStore> {
    const manager = new Kvm(connection);
    return new NatsDeploymentStore(
      await manager.open(PLANS_BUCKET),
      await manager.open(VERSIONS_BUCKET),
      await manager.open(TOPICS_BUCKET),
    );
  }

  async get(tenant: string, pipeline: string): Promise<StoredDeployment | null> {
    const entry = await this.#plans.get(deploymentKey(tenant, pipeline));
    if (entry === null) return null;
    // A deleted key keeps its revision: the next put must expect it.
    if (entry.operation !== "PUT") return null;
    const found = readEntry(entry);
    if (found.kind === "unreadable") throw new DeploymentUnreadable(found);
    return { deployment: found.deployment, revision: entry.revision };
  }

  async list(tenant: string): Promise<DeploymentList> {
    const [deployments, unreadable]: [Deployment[], UnreadableEntry[]] = [[], []];
    for (const key of (await keysOf(this.#plans, `${tenant}.>`)).sort()) {
      const entry = await this.#plans.get(key);
      if (entry?.operation !== "PUT") continue;
      const found = readEntry(entry);
      if (found.kind === "deployed") deployments.push(found.deployment);
      else unreadable.push(found);
    }
    return { deployments, unreadable };
  }

  async put(deployment: Deployment, expectedRevision: number): Promise<StoredDeployment> {
    const { tenant, pipeline } = deployment.address;
    const key = deploymentKey(tenant, pipeline);
    const json = JSON.stringify(deployment);
    const lost = `pipeline ${pipeline} was deployed by somebody else just now`;
    const revision = await refusable(lost, () =>
      expectedRevision === 0
        ? this.#plans.create(key, json)
        : this.#plans.update(key, json, expectedRevision),
    );
    return { deployment, revision };
  }

  async delete(tenant: string, pipeline: string): Promise<void> {
    await this.#plans.delete(deploymentKey(tenant, pipeline));
    for (const key of await this.#versionKeys(tenant, pipeline)) await this.#versions.purge(key);
  }

  async saveVersion(deployment: Deployment): Promise<void> {
    const { tenant, pipeline } = deployment.address;
    const key = versionKey(tenant, pipeline, deployment.version);
    await this.#versions.put(key, JSON.stringify(deployment));
    const keys = await this.#versionKeys(tenant, pipeline);
    for (const old of keys.slice(0, -VERSIONS_MAX)) await this.#versions.purge(old);
  }

  async versions(tenant: string, pipeline: string): Promise<Deployment[]> {
    const versions: Deployment[] = [];
    for (const key of await this.#versionKeys(tenant, pipeline)) {
      const entry = await this.#versions.get(key);
      const found = entry?.operation === "PUT" ? readEntry(entry) : null;
      if (found?.kind === "deployed") versions.push(found.deployment);
    }
    return versions;
  }

  /** In the order of their numbers. */
  async #versionKeys(tenant: string, pipeline: string): Promise<string[]> {
    const keys = await keysOf(this.#versions, versionKey(tenant, pipeline, "*"));
    const number = (key: string): number => Number(key.slice(key.lastIndexOf(".") + 1));
    return keys.sort((a, b) => number(a) - number(b));
  }

  async *watch(signal: AbortSignal): AsyncIterable<DeploymentChange> {
    const entries = await answered(this.#plans.watch());
    const stop = (): void => entries.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      for await (const entry of entries) {
        if (entry.operation === "PUT") yield readEntry(entry);
        else yield { kind: "deleted", key: entry.key };
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async topic(tenant: string, topic: string): Promise<TopicAddress | null> {
    const entry = await this.#topics.get(topicKey(tenant, topic));
    return entry?.operation === "PUT" ? topicSchema.parse(entry.json()) : null;
  }

  async topics(tenant: string): Promise<Map<string, TopicAddress>> {
    const found = new Map<string, TopicAddress>();
    for (const key of await keysOf(this.#topics, `${tenant}.>`)) {
      const topic = key.slice(tenant.length + 1);
      const address = await this.topic(tenant, topic);
      if (address !== null) found.set(topic, address);
    }
    return found;
  }

  async claimTopic(tenant: string, topic: string, at: TopicAddress): Promise<void> {
    const key = topicKey(tenant, topic);
    const entry = await this.#topics.get(key);
    const owner = entry?.operation === "PUT" ? topicSchema.parse(entry.json()).owner : null;
    if (owner !== null && owner.pipeline !== at.owner.pipeline) {
      throw new DeploymentConflict(`topic ${topic} belongs to pipeline ${owner.pipeline}`);
    }
    await refusable(`topic ${topic} was claimed by somebody else just now`, () =>
      owner === null || entry === null
        ? this.#topics.create(key, JSON.stringify(at))
        : this.#topics.update(key, JSON.stringify(at), entry.revision),
    );
  }

  async releaseTopic(tenant: string, topic: string): Promise<void> {
    await this.#topics.delete(topicKey(tenant, topic));
  }
}

/** Whatever is wrong with an entry is told as data: it must not keep the others from running. */
function readEntry(
  entry: Pick<KvEntry, "key" | "json">,
): Exclude<DeploymentChange, { kind: "deleted" }> {
  const { key } = entry;
  try {
    return { kind: "deployed", key, deployment: deploymentSchema.parse(entry.json()) };
  } catch (error) {
    return { kind: "unreadable", key, reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
  if (issue !== undefined) return `${issue.path.join(".")}: ${issue.message}`;
  return error instanceof SyntaxError ? `not JSON: ${error.message}` : errorMessage(error);
}

async function keysOf(bucket: KV, filter: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of await bucket.keys(filter)) keys.push(key);
  return keys;
}

/** Runs a conditional write; losing the race is a conflict. */
async function refusable<T>(message: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) {
      throw new DeploymentConflict(message, { cause: error });
    }
    throw error;
  }
}
