// `fpaas skip`: leaves out the message that a pipeline fails at, so that it goes on behind it.

import type { Command } from "commander";
import { type Deployment, type TaskId, taskName, tasksOf } from "../../plan/deployment.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { type Failure, isSkippable, placeText, whereText } from "../../runtime/task/failure.ts";
import { FailureLog } from "../../runtime/task/failure-log.ts";
import { type Backend, openBackend } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { findPipeline } from "../deployed.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { type Failures, failuresOf, oneLine } from "../failing.ts";

type Options = NatsOptions & { readonly at: string };
type Failed = { readonly task: TaskId; readonly failure: Failure };

export function skipCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("skip", "leave out the message that a pipeline fails at")
    .argument("<pipeline>", "its name")
    .requiredOption("--at <position>", "STREAM:SEQ, as `fpaas status` shows it")
    .action(async (pipeline: string, options: Options) => {
      await skip(pipeline, options, context);
      finish(EXIT.ok);
    });
}

async function skip(pipeline: string, options: Options, context: Context): Promise<void> {
  const { terminal } = context;
  await using backend = await openBackend(context, options, "refuse");
  const { deployment } = await findPipeline(backend, pipeline);
  const failures = await failuresOf(backend, [deployment]);
  const chosen = choose(options.at, deployment, failures);
  for (const one of chosen) await leaveOut(one, deployment, backend);
  const tasks = chosen.map(({ task }) => taskName(deployment, task));
  if (options.json === true) await terminal.json({ pipeline, at: options.at, tasks });
  else await terminal.data(`${pipeline}  ${options.at} is left out by ${tasks.join(", ")}\n`);
}

/** The tasks that fail at a position. @throws CommandError which says the positions there are */
function choose(at: string, deployment: Deployment, failures: Failures): Failed[] {
  const { pipeline } = deployment.address;
  const failed = tasksOf(deployment).flatMap((task): Failed[] => {
    const failure = failures.get(taskName(deployment, task));
    return failure === undefined ? [] : [{ task, failure }];
  });
  if (failed.length === 0) {
    const message = `no task of ${pipeline} fails just now: there is nothing to leave out`;
    throw new CommandError(EXIT.notFound, message, "`fpaas status` shows what fails, and where");
  }
  const there = failed.filter(({ failure }) => positionOf(failure) === at);
  const chosen = there.filter(({ failure }) => isSkippable(failure));
  if (chosen.length > 0) return chosen;
  if (there.length > 0) {
    const message = `${at} cannot be left out: what fails there is no message`;
    throw new CommandError(EXIT.failure, message, failed.map(line).join("\n"));
  }
  throw new CommandError(EXIT.notFound, `${pipeline} does not fail at ${at}`, helpFor(failed));
}

function helpFor(failed: readonly Failed[]): string {
  const right = new Set(
    failed.flatMap(({ failure }) => (isSkippable(failure) ? [positionOf(failure)] : [])),
  );
  const positions = [...right].map((one) => `--at ${one}`);
  const none = "no message is to blame; what fails is:";
  const head = positions.length === 0 ? none : `it fails at: ${positions.join(", ")}`;
  return [head, ...failed.map(line)].join("\n");
}

function line({ task: { stage, partition }, failure }: Failed): string {
  return `${stage}.${partition} ${whereText(failure)}: ${oneLine(failure.reason)}`;
}

function positionOf({ place }: Failure): string | null {
  return place === null ? null : placeText(place);
}

async function leaveOut({ task, failure }: Failed, deployment: Deployment, { log }: Backend) {
  const skipped = await new FailureLog(log, systemClock).skip(deployment, task, failure);
  if (skipped) return;
  const message = `${taskName(deployment, task)} fails elsewhere by now`;
  throw new CommandError(EXIT.conflict, message, "`fpaas status` shows where");
}
