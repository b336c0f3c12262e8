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
  type DeploymentStore,
  type StoredDeployment,
} from "../deployments.ts";

export class MemoryDeployments implements DeploymentStore {
  readonly #plans = new Map<string, StoredDeployment>();
  readonly #topics = new Map<string, TopicAddress>();
  #revision = 0;

  async get(tenant: string, pipeline: string): Promise<StoredDeployment | null> {
    return this.#plans.get(deploymentKey(tenant, pipeline)) ?? null;
  }

  async list(tenant: string): Promise<Deployment[]> {
    const all = [...this.#plans.values()].map(({ deployment }) => deployment);
    return all.filter((one) => one.address.tenant === tenant);
  }

  async put(deployment: Deployment, expectedRevision: number): Promise<void> {
    const key = deploymentKey(deployment.address.tenant, deployment.address.pipeline);
    if ((this.#plans.get(key)?.revision ?? 0) !== expectedRevision) {
      throw new DeploymentConflict(`${key} was written by somebody else`);
    }
    this.#revision += 1;
    this.#plans.set(key, { deployment, revision: this.#revision });
  }

  async delete(tenant: string, pipeline: string): Promise<void> {
    this.#plans.delete(deploymentKey(tenant, pipeline));
  }

  async *watch(): AsyncIterable<DeploymentChange> {
    for (const [key, { deployment }] of this.#plans) yield { key, deployment };
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
