// What the commands that change a deployed pipeline deploy to, and how they tell what they did.

import { DEFAULT_TENANT } from "../plan/names.ts";
import type { DeployOutcome, DeployTarget } from "../runtime/deploy.ts";
import type { Backend } from "./backend.ts";
import type { Context, NatsOptions } from "./context.ts";
import { drawChange } from "./plan-diff.ts";

/** @param defaultStart where a source begins that nobody has read and whose plan does not say */
export function deployTarget(
  { store, log, layout }: Backend,
  defaultStart: DeployTarget["defaultStart"] = "new",
): DeployTarget {
  return {
    store,
    log,
    tenant: DEFAULT_TENANT,
    buckets: layout.buckets,
    firehosePartitions: layout.partitions,
    nowMs: Date.now(),
    defaultStart,
  };
}

/** Prints what became, or would become, of a pipeline. */
export async function tellOutcome(
  pipeline: string,
  outcome: DeployOutcome,
  { json }: NatsOptions,
  { terminal }: Context,
): Promise<void> {
  if (json === true) await terminal.json({ pipeline, ...outcome });
  else await terminal.data(drawChange(pipeline, outcome));
}

/** Warns when nobody is there to run what was deployed. */
export async function sayWhetherRun(backend: Backend, { terminal }: Context): Promise<void> {
  if ((await backend.membership.alive()).length > 0) return;
  terminal.say(`no worker is running: start one with \`fpaas worker --nats ${backend.url}\``);
}
