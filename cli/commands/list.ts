// `fpaas list`: what is deployed.

import type { Command } from "commander";
import type { Deployment } from "../../plan/deployment.ts";
import { openBackend } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { listDeployments } from "../deployed.ts";
import { EXIT } from "../exit-codes.ts";
import { type Failures, failuresOf, stateOf } from "../failing.ts";
import { topicsRead } from "../programs.ts";
import { table } from "../terminal/table.ts";

export function listCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("list", "list the deployed pipelines").action(
    async (options: NatsOptions) => {
      await list(options, context);
      finish(EXIT.ok);
    },
  );
}

async function list(options: NatsOptions, context: Context): Promise<void> {
  const { terminal } = context;
  await using backend = await openBackend(context, options, "refuse");
  const deployments = await listDeployments(backend, terminal);
  const failures = await failuresOf(backend, deployments);
  const summaries = deployments.map((one) => summary(one, failures));
  if (options.json === true) {
    await terminal.json(summaries);
    return;
  }
  if (deployments.length === 0) {
    terminal.say("nothing is deployed; `fpaas deploy FILE` does that");
    return;
  }
  const rows = summaries.map((one) => [
    one.pipeline,
    one.version,
    one.state,
    one.deployedAt,
    one.writes.join(" "),
  ]);
  await terminal.data(table([["PIPELINE", "VERSION", "STATE", "DEPLOYED", "TOPICS"], ...rows]));
}

function summary(deployment: Deployment, failures: Failures) {
  const { address, version, deployedAtMs, plan } = deployment;
  return {
    pipeline: address.pipeline,
    version,
    state: stateOf(deployment, failures),
    deployedAt: new Date(deployedAtMs).toISOString(),
    reads: topicsRead(plan),
    writes: plan.topics.filter(({ role }) => role !== "dead-letters").map(({ name }) => name),
  };
}
