// What the runtime needs to know of deployed pipelines and of the other workers: ports to the KV store.

import type { Deployment, TopicAddress } from "../plan/deployment.ts";

/** A change of the set of deployments. */
export type DeploymentChange =
  | { readonly kind: "deployed"; readonly key: string; readonly deployment: Deployment }
  | { readonly kind: "deleted"; readonly key: string }
  | ({ readonly kind: "unreadable" } & UnreadableEntry);

/** An entry that is no deployment this release understands. */
export type UnreadableEntry = { readonly key: string; readonly reason: string };

/** What `list` found. */
export type DeploymentList = {
  readonly deployments: readonly Deployment[];
  readonly unreadable: readonly UnreadableEntry[];
};

/** Versions of a pipeline that are kept, the running one included. */
export const VERSIONS_MAX = 20;

/** Deployed pipelines, by tenant and name. */
export interface DeploymentStore {
  /** @throws DeploymentUnreadable */
  get(tenant: string, pipeline: string): Promise<StoredDeployment | null>;
  /** By name. */
  list(tenant: string): Promise<DeploymentList>;
  /**
   * Writes a deployment. `expectedRevision` is that of the entry it replaces (0: there is none).
   * @throws DeploymentConflict when somebody else wrote in between.
   */
  put(deployment: Deployment, expectedRevision: number): Promise<StoredDeployment>;
  /** Deletes the entry and the versions. */
  delete(tenant: string, pipeline: string): Promise<void>;
  /** Keeps a version for `rollback`; of more than `VERSIONS_MAX` the oldest is forgotten. */
  saveVersion(deployment: Deployment): Promise<void>;
  /** The versions kept that can be read, the latest last. */
  versions(tenant: string, pipeline: string): Promise<Deployment[]>;
  /** All deployments now, then every change, until the signal aborts. @throws LogUnavailable */
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

/** What is stored of a pipeline is damaged, or of another release of fpaas. Do not retry. */
export class DeploymentUnreadable extends Error {
  readonly code = "deployment_unreadable";

  constructor({ key, reason }: UnreadableEntry, options?: ErrorOptions) {
    super(`deployment ${key} cannot be read: ${reason}`, options);
  }
}

/** Which workers are alive. */
export interface Membership {
  /** Announces this worker; must be called more often than the bucket's time to live. */
  beat(worker: string): Promise<void>;
  /** The workers that announced themselves lately. */
  alive(): Promise<string[]>;
  leave(worker: string): Promise<void>;
}
