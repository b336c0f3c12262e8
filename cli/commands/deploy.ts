// `fpaas deploy`: makes the pipelines of files run on a NATS server, on whatever workers are there.

import type { Command } from "commander";
import { DEFAULT_TENANT } from "../../plan/names.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { openBackend } from "../backend.ts";
import {
  type Context,
  collect,
  type Finish,
  type NatsOptions,
  newNatsCommand,
} from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { loadPlans, sourceOf } from "../programs.ts";

type Options = NatsOptions & { readonly param?: string[] };

export function deployCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("deploy", "deploy the pipelines of files; workers pick them up")
    .argument("<file...>", ".fpl files")
    .option("--param <name=value>", "the value of a param; repeatable", collect)
    .action(async (files: string[], options: Options) => {
      await deploy(files, options, context);
      finish(EXIT.ok);
    });
}

async function deploy(files: readonly string[], options: Options, context: Context): Promise<void> {
  const { terminal } = context;
  const { plans, programs } = await loadPlans(files, options.param ?? [], context);
  await using backend = await openBackend(context, options, "make");
  for (const plan of plans) {
    const { kind, version } = await deployPlan(plan, sourceOf(plan, programs), {
      store: backend.store,
      log: backend.log,
      tenant: DEFAULT_TENANT,
      buckets: backend.layout.buckets,
      firehosePartitions: backend.layout.partitions,
      nowMs: Date.now(),
      defaultStart: "new",
    });
    if (options.json === true) await terminal.json({ pipeline: plan.pipeline, version, kind });
    else await terminal.data(`${plan.pipeline}  version ${version}  ${kind}\n`);
  }
  const workers = await backend.membership.alive();
  if (workers.length === 0) {
    terminal.say(`no worker is running: start one with \`fpaas worker --nats ${backend.url}\``);
  }
}
