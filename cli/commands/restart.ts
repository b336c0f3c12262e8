// `fpaas restart`: runs a deployed pipeline again from an earlier or a later place, with empty state.

import { type Command, Option } from "commander";
import type { Start } from "../../plan/plan.ts";
import { restartPipeline } from "../../runtime/deploy.ts";
import { openBackend } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { deployTarget, sayWhetherRun, tellOutcome } from "../deploy-target.ts";
import { findPipeline } from "../deployed.ts";
import { CommandError, EXIT } from "../exit-codes.ts";

type Options = NatsOptions & { readonly from: Start; readonly clearTopics?: true };

export function restartCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("restart", "run a pipeline again from another place, with empty state")
    .argument("<pipeline>", "its name")
    .addOption(
      new Option("--from <where>", "first, new, or an instant such as 2026-07-04T12:00:00Z")
        .argParser(parseStart)
        .makeOptionMandatory(),
    )
    .option("--clear-topics", "delete the records of its topics before")
    .action(async (pipeline: string, options: Options) => {
      await restart(pipeline, options, context);
      finish(EXIT.ok);
    });
}

async function restart(pipeline: string, options: Options, context: Context): Promise<void> {
  await using backend = await openBackend(context, options, "refuse");
  const stored = await findPipeline(backend, pipeline);
  const beginning = { begin: options.from, clearTopics: options.clearTopics === true };
  const outcome = await restartPipeline(stored, beginning, deployTarget(backend));
  await tellOutcome(pipeline, outcome, options, context);
  await sayWhetherRun(backend, context);
}

/** @throws CommandError (usage) */
function parseStart(text: string): Start {
  if (text === "first" || text === "new") return { at: text };
  const ms = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}T/.test(text) && Number.isFinite(ms)) return { at: "time", ms };
  throw new CommandError(
    EXIT.usage,
    `\`${text}\` is no place to start from`,
    "write first, new, or an instant such as 2026-07-04T12:00:00Z",
  );
}
