// Finds what a user names on a server, or says what there is instead.

import { compile } from "../compiler/compile.ts";
import { didYouMean } from "../compiler/diagnostics/suggest.ts";
import type { Type } from "../compiler/types/type.ts";
import type { Deployment, TopicAddress } from "../plan/deployment.ts";
import { DEFAULT_TENANT } from "../plan/names.ts";
import {
  type DeploymentList,
  DeploymentUnreadable,
  type StoredDeployment,
} from "../runtime/deployments.ts";
import type { Backend } from "./backend.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Everything that is deployed and can be read; what cannot is warned of. */
export async function listDeployments(
  { store }: Backend,
  terminal: Terminal,
): Promise<DeploymentList["deployments"]> {
  const { deployments, unreadable } = await store.list(DEFAULT_TENANT);
  for (const entry of unreadable) {
    terminal.complain(`warning: ${new DeploymentUnreadable(entry).message}`);
  }
  return deployments;
}

/** The records of those `wanted` topics that are deployed, as far as the text of their files tells. */
export async function deployedTopics(
  wanted: readonly string[],
  { store }: Backend,
): Promise<ReadonlyMap<string, Type>> {
  if (wanted.length === 0) return new Map();
  const { deployments } = await store.list(DEFAULT_TENANT);
  return new Map(
    deployments.flatMap(({ plan, source: text }) => {
      const names = plan.topics.map(({ name }) => name).filter((name) => wanted.includes(name));
      if (names.length === 0) return [];
      const { topics } = compile({ file: plan.pipeline, text });
      return [...topics].filter(([topic]) => names.includes(topic));
    }),
  );
}

/** A deployed pipeline. @throws CommandError (not found), DeploymentUnreadable */
export async function findPipeline(
  { store }: Backend,
  pipeline: string,
): Promise<StoredDeployment> {
  const stored = await store.get(DEFAULT_TENANT, pipeline);
  if (stored !== null) return stored;
  const { deployments } = await store.list(DEFAULT_TENANT);
  const names = deployments.map(({ address }) => address.pipeline);
  throw notFound("pipeline", pipeline, names, "`fpaas list` shows what is deployed");
}

/** Where a topic is. @throws CommandError (not found) */
export async function findTopic({ store }: Backend, topic: string): Promise<TopicAddress> {
  const at = await store.topic(DEFAULT_TENANT, topic);
  if (at !== null) return at;
  const names = [...(await store.topics(DEFAULT_TENANT)).keys()];
  throw notFound("topic", topic, names, "`fpaas list` shows the topics of what is deployed");
}

/**
 * A version of a pipeline that is kept; `version` null is the one before `now`.
 * @throws CommandError (not found)
 */
export function findVersion(
  now: Deployment,
  versions: readonly Deployment[],
  version: number | null,
): Deployment {
  const found =
    version === null
      ? versions.findLast((one) => one.version < now.version)
      : versions.find((one) => one.version === version);
  if (found !== undefined) return found;
  const { pipeline } = now.address;
  const what = version === null ? "earlier version" : `version ${version}`;
  const kept = versions.map((one) => one.version).join(", ");
  throw new CommandError(EXIT.notFound, `no ${what} of ${pipeline} is kept`, `kept are: ${kept}`);
}

function notFound(what: string, name: string, names: readonly string[], help: string) {
  return new CommandError(EXIT.notFound, `no ${what} ${name}${didYouMean(name, names)}`, help);
}
