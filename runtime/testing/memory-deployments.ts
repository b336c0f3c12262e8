// Deployments in memory, for tests without a server. Same contract as on NATS.

import {
  type Deployment,
  deploymentKey,
  type TopicAddress,
  topicKey,
} from "../../plan/deployment.ts";
import {
  type DeploymentChange,
  DeploymentConflict,
  type DeploymentList,
  type DeploymentStore,
  type StoredDeployment,
  VERSIONS_MAX,
} from "../deployments.ts";

export class MemoryDeployments implements DeploymentStore {
  readonly #plans = new Map<string, StoredDeployment>();
  readonly #versions = new Map<string, Deployment[]>();
  readonly #topics = new Map<string, TopicAddress>();
  readonly #watchers = new Set<(change: DeploymentChange) => void>();
  #revision = 0;

  async get(tenant: string, pipeline: string): Promise<StoredDeployment | null> {
    return this.#plans.get(deploymentKey(tenant, pipeline)) ?? null;
  }

  async list(tenant: string): Promise<DeploymentList> {
    const all = [...this.#plans.values()].map(({ deployment }) => deployment);
    return { deployments: all.filter((one) => one.address.tenant === tenant), unreadable: [] };
  }

  async put(deployment: Deployment, expectedRevision: number): Promise<StoredDeployment> {
    const key = deploymentKey(deployment.address.tenant, deployment.address.pipeline);
    if ((this.#plans.get(key)?.revision ?? 0) !== expectedRevision) {
      throw new DeploymentConflict(`${key} was written by somebody else`);
    }
    this.#revision += 1;
    const stored = { deployment, revision: this.#revision };
    this.#plans.set(key, stored);
    this.tell({ kind: "deployed", key, deployment });
    return stored;
  }

  async delete(tenant: string, pipeline: string): Promise<void> {
    const key = deploymentKey(tenant, pipeline);
    this.#plans.delete(key);
    this.#versions.delete(key);
    this.tell({ kind: "deleted", key });
  }

  async saveVersion(deployment: Deployment): Promise<void> {
    const key = deploymentKey(deployment.address.tenant, deployment.address.pipeline);
    const others = (this.#versions.get(key) ?? []).filter(
      ({ version }) => version !== deployment.version,
    );
    this.#versions.set(key, [...others, deployment].slice(-VERSIONS_MAX));
  }

  async versions(tenant: string, pipeline: string): Promise<Deployment[]> {
    return this.#versions.get(deploymentKey(tenant, pipeline)) ?? [];
  }

  watch(signal: AbortSignal): AsyncIterable<DeploymentChange> {
    return new ReadableStream<DeploymentChange>({
      start: (changes) => {
        const watcher = (change: DeploymentChange): void => changes.enqueue(change);
        for (const [key, { deployment }] of this.#plans) {
          watcher({ kind: "deployed", key, deployment });
        }
        this.#watchers.add(watcher);
        const end = (): void => {
          if (this.#watchers.delete(watcher)) changes.close();
        };
        signal.addEventListener("abort", end, { once: true });
        if (signal.aborted) end();
      },
    });
  }

  /** Tells every watcher a change, as if it had happened. */
  tell(change: DeploymentChange): void {
    for (const watcher of this.#watchers) watcher(change);
  }

  async topic(tenant: string, topic: string): Promise<TopicAddress | null> {
    return this.#topics.get(topicKey(tenant, topic)) ?? null;
  }

  async topics(tenant: string): Promise<Map<string, TopicAddress>> {
    const own = `${tenant}.`;
    const found = [...this.#topics].filter(([key]) => key.startsWith(own));
    return new Map(found.map(([key, at]) => [key.slice(own.length), at]));
  }

  async claimTopic(tenant: string, topic: string, at: TopicAddress): Promise<void> {
    const owner = this.#topics.get(topicKey(tenant, topic))?.owner.pipeline;
    if (owner !== undefined && owner !== at.owner.pipeline) {
      throw new DeploymentConflict(`topic ${topic} belongs to pipeline ${owner}`);
    }
    this.#topics.set(topicKey(tenant, topic), at);
  }

  async releaseTopic(tenant: string, topic: string): Promise<void> {
    this.#topics.delete(topicKey(tenant, topic));
  }
}
