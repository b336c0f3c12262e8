// What the runtime needs to know of deployed pipelines and of the other workers: ports to the KV store.

import type { Deployment, TopicAddress } from "../plan/deployment.ts";

/** A change of the set of deployments; null: the pipeline was deleted. */
export type DeploymentChange = { readonly key: string; readonly deployment: Deployment | null };

/** Deployed pipelines, by tenant and name. */
export interface DeploymentStore {
  get(tenant: string, pipeline: string): Promise<StoredDeployment | null>;
  list(tenant: string): Promise<Deployment[]>;
  /**
   * Writes a deployment. `expectedRevision` is that of the entry it replaces (0: there is none).
   * @throws DeploymentConflict when somebody else wrote in between.
   */
  put(deployment: Deployment, expectedRevision: number): Promise<void>;
  delete(tenant: string, pipeline: string): Promise<void>;
  /** All deployments now, then every change, until the signal aborts. */
  watch(signal: AbortSignal): AsyncIterable<DeploymentChange>;

  /** Where a topic is, or null when nobody owns it. */
  topic(tenant: string, topic: string): Promise<TopicAddress | null>;
  topics(tenant: string): Promise<Map<string, TopicAddress>>;
  /**
   * Makes `at` the owner of a topic; again is fine.
   * @throws DeploymentConflict when another pipeline owns it.
   */
  claimTopic(tenant: string, topic: string, at: TopicAddress): Promise<void>;
  releaseTopic(tenant: string, topic: string): Promise<void>;
}

export type StoredDeployment = { readonly deployment: Deployment; readonly revision: number };

/** Somebody else deployed at the same time, or owns a topic of this pipeline. */
export class DeploymentConflict extends Error {
  readonly code = "deployment_conflict";
}

/** Which workers are alive. */
export interface Membership {
  /** Announces this worker; must be called more often than the bucket's time to live. */
  beat(worker: string): Promise<void>;
  /** The workers that announced themselves lately. */
  alive(): Promise<string[]>;
  leave(worker: string): Promise<void>;
}
