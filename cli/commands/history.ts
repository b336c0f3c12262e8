// `fpaas history`: the versions of a pipeline that `rollback` can go back to, and their programs.

import type { Command } from "commander";
import type { Deployment } from "../../plan/deployment.ts";
import { DEFAULT_TENANT } from "../../plan/names.ts";
import { openBackend } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { findPipeline, findVersion } from "../deployed.ts";
import { EXIT } from "../exit-codes.ts";
import { table } from "../terminal/table.ts";
import { parseCount } from "../terminal/units.ts";

type Options = NatsOptions & { readonly show?: number };

export function historyCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("history", "list the versions of a pipeline")
    .argument("<pipeline>", "its name")
    .option("--show <version>", "print the program of one", (text) => parseCount(text))
    .action(async (pipeline: string, options: Options) => {
      await history(pipeline, options, context);
      finish(EXIT.ok);
    });
}

async function history(pipeline: string, options: Options, context: Context): Promise<void> {
  const { terminal } = context;
  await using backend = await openBackend(context, options, "refuse");
  const { deployment } = await findPipeline(backend, pipeline);
  const versions = await backend.store.versions(DEFAULT_TENANT, pipeline);
  if (options.show !== undefined) {
    await terminal.data(findVersion(deployment, versions, options.show).source);
    return;
  }
  const lines = versions.map((version) => summary(version, deployment));
  if (options.json === true) await terminal.json(lines);
  else
    await terminal.data(
      table([["VERSION", "STATE", "DEPLOYED", "STAGES", "TOPICS"], ...lines.map(row)]),
    );
}

function summary(one: Deployment, now: Deployment) {
  const { version, deployedAtMs, plan } = one;
  return {
    version,
    state: version === now.version ? now.state : "replaced",
    deployedAt: new Date(deployedAtMs).toISOString(),
    params: plan.params,
    stages: plan.stages.map(({ id }) => id),
    writes: plan.topics.filter(({ role }) => role !== "dead-letters").map(({ name }) => name),
  };
}

function row({ version, state, deployedAt, stages, writes }: ReturnType<typeof summary>) {
  return [version, state, deployedAt, stages.length, writes.join(" ")];
}
