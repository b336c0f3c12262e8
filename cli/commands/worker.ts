// `fpaas worker`: runs its share of the tasks of everything that is deployed.

import { randomBytes } from "node:crypto";
import { availableParallelism, hostname } from "node:os";
import type { Command } from "commander";
import { ThreadHost } from "../../runtime/adapters/piscina/thread-host.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { keepReporting, Reporter } from "../../runtime/reports.ts";
import { FailureLog } from "../../runtime/task/failure-log.ts";
import { Worker, type WorkerEvent } from "../../runtime/worker.ts";
import { type Address, natsTroubles, startAdmin, withAdminOption } from "../admin/admin-server.ts";
import type { Backend } from "../backend.ts";
import {
  type Context,
  type Finish,
  type NatsOptions,
  newNatsCommand,
  stoppedExit,
} from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { openBackendPatiently } from "../patient-backend.ts";
import { watchStreams } from "../stream-watch.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { parseCount, plural } from "../terminal/units.ts";
import { WorkerLog } from "../worker-log.ts";

type Options = NatsOptions & { readonly threads?: number; readonly admin?: Address };

export function workerCommand(context: Context, finish: Finish): Command {
  const command = newNatsCommand("worker", "run deployed pipelines until it is stopped");
  return withAdminOption(command)
    .option("--threads <n>", "worker threads (default: one a core)", (text) => parseCount(text))
    .action(async (options: Options) => finish(await work(options, context)));
}

async function work(options: Options, context: Context): Promise<ExitCode> {
  const { terminal, signal } = context;
  await using backend = await openBackendPatiently(context, options);
  if (backend === null) return stoppedExit(context);
  const threads = options.threads ?? availableParallelism();
  await using host = new ThreadHost(backend.url, threads);
  const log = new WorkerLog(terminal);
  const id = `${hostname().replaceAll(/[^\w-]/g, "-")}-${process.pid}-${randomBytes(3).toString("hex")}`;
  const { store, membership } = backend;
  await using admin = await openAdmin(options.admin, backend, terminal);
  const reporter = new Reporter(id, systemClock);
  const onEvent = (event: WorkerEvent): void => {
    log.take(event);
    admin?.metrics.take(event);
    reporter.take(event);
  };
  const failures = new FailureLog(backend.log, systemClock);
  const ports = { store, membership, host, failures, clock: systemClock, onEvent };
  const worker = new Worker(id, ports);
  terminal.say(`worker ${id}: ${plural(threads, "thread")}, ${backend.url}`);
  const ended = new AbortController();
  const untilEnded = AbortSignal.any([signal, ended.signal]);
  const onFailure = (error: unknown): void => log.reportFailed(error);
  const reporting = keepReporting(reporter, backend.reports, systemClock, onFailure, untilEnded);
  const watching = watchStreams(backend.connection, terminal, untilEnded);
  try {
    await worker.run(signal);
  } finally {
    ended.abort();
    await Promise.all([reporting, watching]);
  }
  terminal.say(`worker ${id}: stopped, ${log.summary()}`);
  return stoppedExit(context);
}

/** Null when nobody asked for it. */
async function openAdmin(at: Address | undefined, { connection }: Backend, terminal: Terminal) {
  if (at === undefined) return null;
  const { WorkerMetrics } = await import("../admin/worker-metrics.ts");
  const { addStreamMetrics } = await import("../admin/stream-metrics.ts");
  const metrics = new WorkerMetrics(Date.now);
  addStreamMetrics(metrics.registry, connection);
  const troubles = async () => [...(await natsTroubles(connection)), ...metrics.troubles()];
  const notes = () => metrics.notes();
  const server = await startAdmin(at, { registry: metrics.registry, troubles, notes });
  terminal.say(`metrics, /livez and /readyz on ${server.url}`);
  return { metrics, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
