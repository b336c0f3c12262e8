// `fpaas status`: how far each task of the deployed pipelines has come.

import type { Command } from "commander";
import type { Deployment } from "../../plan/deployment.ts";
import { countPending } from "../../runtime/adapters/nats/inspect.ts";
import { type Backend, openBackend } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { findPipeline, listDeployments } from "../deployed.ts";
import { EXIT } from "../exit-codes.ts";
import { isThrough, readProgress, type TaskProgress } from "../task-progress.ts";
import { table } from "../terminal/table.ts";
import { formatDuration } from "../terminal/units.ts";

export function statusCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("status", "show how far the deployed pipelines have come")
    .argument("[pipeline]", "its name (default: all)")
    .action(async (pipeline: string | undefined, options: NatsOptions) => {
      await status(pipeline, options, context);
      finish(EXIT.ok);
    });
}

async function status(
  pipeline: string | undefined,
  options: NatsOptions,
  context: Context,
): Promise<void> {
  const { terminal } = context;
  await using backend = await openBackend(context, options, "refuse");
  const deployments =
    pipeline === undefined
      ? await listDeployments(backend, terminal)
      : [(await findPipeline(backend, pipeline)).deployment];
  const all = await Promise.all(deployments.map((one) => statusOf(backend, one)));
  if (options.json === true) {
    await terminal.json(all);
    return;
  }
  if (all.length === 0) terminal.say("nothing is deployed; `fpaas deploy FILE` does that");
  await terminal.data(all.map(draw).join("\n"));
  const workers = (await backend.membership.alive()).length;
  terminal.say(workers === 0 ? "no worker is running: `fpaas worker`" : `workers: ${workers}`);
}

type PipelineStatus = Awaited<ReturnType<typeof statusOf>>;
type TaskStatus = Awaited<ReturnType<typeof taskStatus>>;

async function statusOf(backend: Backend, deployment: Deployment) {
  const tasks = await readProgress(backend.log, deployment);
  return {
    pipeline: deployment.address.pipeline,
    version: deployment.version,
    state: deployment.state,
    tasks: await Promise.all(tasks.map((task) => taskStatus(backend, task))),
  };
}

async function taskStatus({ connection }: Backend, progress: TaskProgress) {
  const { task, sources, inSeqs, watermarkMs, counters } = progress;
  const pending = await Promise.all(
    sources.map(({ stream, subjects }, i) =>
      countPending(connection, stream, subjects, (inSeqs[i] ?? 0) + 1),
    ),
  );
  const known = Number.isFinite(watermarkMs) && !isThrough(progress);
  return {
    stage: task.stage,
    partition: task.partition,
    inSeqs,
    lag: pending.reduce((sum, count) => sum + count, 0),
    /** Nothing more will come: a recording is through. */
    ended: isThrough(progress),
    watermark: known ? new Date(watermarkMs).toISOString() : null,
    watermarkLagMs: known ? Date.now() - watermarkMs : null,
    ...counters,
  };
}

const HEAD = ["STAGE", "PART", "SEQ", "LAG", "WATERMARK", "BEHIND", "IN", "OUT", "DROPPED"];

function draw({ pipeline, version, state, tasks }: PipelineStatus): string {
  const rows = tasks.map(row);
  return `${pipeline}  version ${version}  ${state}\n${table([[...HEAD, "LATE", "DEAD"], ...rows])}`;
}

function row(task: TaskStatus): (string | number)[] {
  const behind = task.watermarkLagMs;
  const dropped = Object.values(task.dropped).reduce((sum, count) => sum + count, 0);
  return [
    task.stage,
    task.partition,
    task.inSeqs.join(","),
    task.lag,
    task.ended ? "end" : (task.watermark ?? "-"),
    behind === null ? "-" : formatDuration(Math.max(0, behind)),
    task.in,
    task.out,
    dropped,
    task.late,
    task.deadLetters,
  ];
}
