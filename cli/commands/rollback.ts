// `fpaas rollback`: deploys an earlier version of a pipeline again. It is a deploy like any other: a version
// of its own, which keeps the state that both have in common.

import type { Command } from "commander";
import { DEFAULT_TENANT } from "../../plan/names.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { openBackend } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { deployTarget, sayWhetherRun, tellOutcome } from "../deploy-target.ts";
import { findPipeline, findVersion } from "../deployed.ts";
import { EXIT } from "../exit-codes.ts";
import { parseCount } from "../terminal/units.ts";

type Options = NatsOptions & { readonly to?: number };

export function rollbackCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("rollback", "deploy an earlier version of a pipeline again")
    .argument("<pipeline>", "its name")
    .option("--to <version>", "which (default: the one before)", (text) => parseCount(text))
    .action(async (pipeline: string, options: Options) => {
      await rollback(pipeline, options, context);
      finish(EXIT.ok);
    });
}

async function rollback(pipeline: string, options: Options, context: Context): Promise<void> {
  await using backend = await openBackend(context, options, "refuse");
  const { deployment } = await findPipeline(backend, pipeline);
  const versions = await backend.store.versions(DEFAULT_TENANT, pipeline);
  const { plan, source } = findVersion(deployment, versions, options.to ?? null);
  const outcome = await deployPlan(plan, source, deployTarget(backend));
  await tellOutcome(pipeline, outcome, options, context);
  await sayWhetherRun(backend, context);
}
