// `fpaas status`: how far each task of the deployed pipelines has come, how far it is behind the relay, and
// what it spends its time on.

import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { type Deployment, taskName } from "../../plan/deployment.ts";
import { bucketStream } from "../../plan/names.ts";
import {
  countPending,
  inspectStreams,
  type StreamFacts,
} from "../../runtime/adapters/nats/inspect.ts";
import { type Activities, activitiesOf, relayTimeMs } from "../activity.ts";
import { type Backend, openBackend } from "../backend.ts";
import {
  type Context,
  type Finish,
  type NatsOptions,
  newNatsCommand,
  stoppedExit,
} from "../context.ts";
import { findPipeline, listDeployments } from "../deployed.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type Failures, failureJson, failuresOf, failureText, stateOf } from "../failing.ts";
import { isOurs, troubleOf } from "../fullness.ts";
import { isThrough, readProgress, type TaskProgress } from "../task-progress.ts";
import { table } from "../terminal/table.ts";
import { formatBytes, formatDuration } from "../terminal/units.ts";

const WATCH_MS = 2000;
const CLEAR = "\x1b[2J\x1b[H";

type Options = NatsOptions & { readonly watch?: true };

export function statusCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("status", "show how far the deployed pipelines have come")
    .argument("[pipeline]", "its name (default: all)")
    .option("--watch", "show it again every 2 s, until stopped")
    .action(async (pipeline: string | undefined, options: Options) =>
      finish(await status(pipeline, options, context)),
    );
}

async function status(
  pipeline: string | undefined,
  options: Options,
  context: Context,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  await using backend = await openBackend(context, options, "refuse");
  if (options.watch !== true) {
    await show(pipeline, options, backend, context);
    return EXIT.ok;
  }
  while (!signal.aborted) {
    if (terminal.interactive && options.json !== true) await terminal.data(CLEAR);
    await show(pipeline, options, backend, context);
    await sleep(WATCH_MS, undefined, { signal }).catch(() => {}); // It rejects only when aborted.
  }
  return stoppedExit(context);
}

async function show(
  pipeline: string | undefined,
  { json }: Options,
  backend: Backend,
  { terminal }: Context,
): Promise<void> {
  const deployments =
    pipeline === undefined
      ? await listDeployments(backend, terminal)
      : [(await findPipeline(backend, pipeline)).deployment];
  const [activities, relayMs, failures, streams] = await Promise.all([
    activitiesOf(backend),
    relayTimeMs(backend),
    failuresOf(backend, deployments),
    inspectStreams(backend.connection),
  ]);
  const around = { activities, relayMs, failures, streams };
  const all = await Promise.all(deployments.map((one) => statusOf(backend, one, around)));
  if (json === true) {
    await terminal.json(all);
    return;
  }
  if (all.length === 0) terminal.say("nothing is deployed; `fpaas deploy FILE` does that");
  const troubles = [...failures].map(([task, one]) => failureText(task, one, Date.now()));
  await terminal.data(all.map(draw).join("\n"));
  for (const trouble of [...troubles, ...fullTexts(streams)]) await terminal.data(`${trouble}\n`);
  const workers = (await backend.membership.alive()).length;
  terminal.say(workers === 0 ? "no worker is running: `fpaas worker`" : `workers: ${workers}`);
}

/** Streams that are near their bound of bytes, or at it. What has none yet is for `doctor`. */
function fullTexts(streams: readonly StreamFacts[]): string[] {
  const nowMs = Date.now();
  return streams.filter(isOurs).flatMap((facts) => {
    const trouble = troubleOf(facts, nowMs);
    if (trouble === null || facts.bytesMax === null) return [];
    return [`${trouble.found}; ${trouble.help}`];
  });
}

type PipelineStatus = Awaited<ReturnType<typeof statusOf>>;
type TaskStatus = Awaited<ReturnType<typeof taskStatus>>;

/** What is known beside checkpoints. */
type Around = {
  readonly activities: Activities;
  readonly relayMs: number | null;
  readonly failures: Failures;
  readonly streams: readonly StreamFacts[];
};

async function statusOf(
  backend: Backend,
  deployment: Deployment,
  { activities, relayMs, failures, streams }: Around,
) {
  const tasks = await readProgress(backend.log, deployment);
  return {
    pipeline: deployment.address.pipeline,
    version: deployment.version,
    state: stateOf(deployment, failures),
    /** Where its results, state and checkpoints stand. */
    stream: streamOf(deployment, streams),
    tasks: await Promise.all(
      tasks.map(async (progress) => ({
        ...(await taskStatus(backend, progress, relayMs)),
        ...activityOf(activities, taskName(deployment, progress.task)),
        failure: failureOf(failures, taskName(deployment, progress.task)),
      })),
    ),
  };
}

function streamOf({ address }: Deployment, streams: readonly StreamFacts[]) {
  const name = bucketStream(address.bucket);
  const facts = streams.find((one) => one.name === name);
  return { name, bytes: facts?.bytes ?? null, bytesMax: facts?.bytesMax ?? null };
}

function failureOf(failures: Failures, task: string) {
  const failure = failures.get(task);
  return failure === undefined ? null : failureJson(failure);
}

async function taskStatus({ connection }: Backend, progress: TaskProgress, relayMs: number | null) {
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
    /** Messages that wait to be read. */
    lag: pending.reduce((sum, count) => sum + count, 0),
    /** Nothing more will come: a recording is through. */
    ended: isThrough(progress),
    watermark: known ? new Date(watermarkMs).toISOString() : null,
    /** How far it is behind what the relay has said last. */
    lagMs: known && relayMs !== null ? Math.max(0, relayMs - watermarkMs) : null,
    ...counters,
  };
}

/** Nothing is known of a task that nobody runs. */
function activityOf(activities: Activities, task: string) {
  const { worker = null, ...activity } = activities.get(task) ?? {};
  const nothing = { busy: null, blocked: null, blockedMs: null, stateKeys: null, stateBytes: null };
  return { worker, ...nothing, ...activity };
}

const HEAD = ["STAGE", "PART", "SEQ", "LAG", "WATERMARK", "BEHIND", "BUSY", "BLOCKED", "IN", "OUT"];

function draw({ pipeline, version, state, tasks }: PipelineStatus): string {
  const head = [...HEAD, "DROPPED", "LATE", "DEAD", "LOST", "KEYS", "STATE", "WORKER"];
  return `${pipeline}  version ${version}  ${state}\n${table([head, ...tasks.map(row)])}`;
}

function row(task: PipelineStatus["tasks"][number]): (string | number)[] {
  const { busy, blocked, blockedMs, stateKeys, stateBytes, worker } = task;
  return [
    ...progressCells(task),
    percent(busy),
    blockedMs === null ? "-" : `${percent(blocked)} ${formatDuration(blockedMs)}`,
    task.in,
    task.out,
    Object.values(task.dropped).reduce((sum, count) => sum + count, 0),
    task.late,
    task.deadLetters,
    task.lost,
    stateKeys ?? "-",
    stateBytes === null ? "-" : formatBytes(stateBytes),
    worker ?? "-",
  ];
}

function progressCells(task: TaskStatus): (string | number)[] {
  return [
    task.stage,
    task.partition,
    task.inSeqs.join(","),
    task.lag,
    task.ended ? "end" : (task.watermark ?? "-"),
    task.lagMs === null ? "-" : formatDuration(task.lagMs),
  ];
}

function percent(share: number | null): string {
  return share === null ? "-" : `${Math.round(100 * share)}%`;
}
