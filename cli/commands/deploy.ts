// `fpaas deploy`: makes the pipelines of files run on a NATS server, on whatever workers are there, and
// says what that does to what runs there now.

import type { Command } from "commander";
import { deployPlan, previewDeploy } from "../../runtime/deploy.ts";
import { openBackend } from "../backend.ts";
import {
  type Context,
  collect,
  type Finish,
  type NatsOptions,
  newNatsCommand,
} from "../context.ts";
import { deployTarget, sayWhetherRun, tellOutcome } from "../deploy-target.ts";
import { deployedTopics } from "../deployed.ts";
import { EXIT } from "../exit-codes.ts";
import { loadPlans, reloadPlans, sourceOf, topicsRead } from "../programs.ts";

type Options = NatsOptions & { readonly param?: string[]; readonly dryRun?: true };

export function deployCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("deploy", "deploy the pipelines of files; workers pick them up")
    .argument("<file...>", ".fpl files")
    .option("--param <name=value>", "the value of a param; repeatable", collect)
    .option("--dry-run", "only say what would change")
    .action(async (files: string[], options: Options) => {
      await deploy(files, options, context);
      finish(EXIT.ok);
    });
}

async function deploy(files: readonly string[], options: Options, context: Context): Promise<void> {
  const params = options.param ?? [];
  const loaded = await loadPlans(files, params, context);
  const dryRun = options.dryRun === true;
  await using backend = await openBackend(context, options, dryRun ? "refuse" : "make");
  const deployed = await deployedTopics(loaded.plans.flatMap(topicsRead), backend);
  const { plans, programs } = await reloadPlans(loaded, params, context, deployed);
  for (const plan of plans) {
    const target = deployTarget(backend);
    const outcome = dryRun
      ? await previewDeploy(plan, target)
      : await deployPlan(plan, sourceOf(plan, programs), target);
    await tellOutcome(plan.pipeline, outcome, options, context);
  }
  if (dryRun) context.terminal.say("nothing was changed");
  else await sayWhetherRun(backend, context);
}
