// `fpaas dev`: everything in one process, over a recording: a NATS server of its own, the shuffler, a
// worker, and the derived records as they come.

import { rm } from "node:fs/promises";
import { basename, relative, resolve } from "node:path";
import type { Command } from "commander";
import { type NatsServer, startNatsServer } from "../../runtime/adapters/nats-server.ts";
import type { Speed } from "../../shuffler/pace.ts";
import { type Backend, BUCKETS_DEV, openBackendAt } from "../backend.ts";
import { BUNDLED_SAMPLE } from "../bundled-sample.ts";
import {
  type Context,
  collect,
  type Finish,
  type NatsOptions,
  newCommand,
  stoppedExit,
} from "../context.ts";
import { redeployOnSave } from "../dev/redeploy.ts";
import { Session } from "../dev/session.ts";
import { announceDev, devStoreFolder, runningDevs } from "../dev/store-folder.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-codes.ts";
import { exitAfter } from "../nothing-read.ts";
import { loadPlans, type Program } from "../programs.ts";
import { parseSpeed } from "../publishing.ts";
import { isRelay, sourceKey, specIn } from "../source.ts";
import { recordText, WINDOW_ROWS_MAX } from "../terminal/records.ts";
import { jsonLine, type TopicRecord } from "../topic-reader.ts";

export type DevOptions = NatsOptions & {
  readonly from?: string;
  readonly param?: string[];
  readonly speed?: Speed;
  readonly once?: true;
  readonly fresh?: true;
  readonly watch?: true;
};

const SPEED_DEFAULT: Speed = 60;

export function devCommand(context: Context, finish: Finish): Command {
  return newCommand("dev", "run pipelines over a recording on a NATS server of their own")
    .argument("<file...>", ".fpl files")
    .option("--nats <url>", "use this server (default: $NATS_URL, else one of its own)")
    .option("--from <source>", "a recording or a relay (default: the bundled sample)")
    .option("--param <name=value>", "the value of a param; repeatable", collect)
    .option("--speed <speed>", "1x, 60x or max (default: max with --once, else 60x)", parseSpeed)
    .option("--once", "end with a summary when the recording is through")
    .option("--fresh", "start over: forget what an earlier run has left")
    .option("--watch", "deploy again whenever a file is saved")
    .action(async (files: string[], options: DevOptions) => {
      finish(await dev(files, options, context));
    });
}

async function dev(
  files: readonly string[],
  options: DevOptions,
  context: Context,
): Promise<ExitCode> {
  const from = options.from === undefined ? BUNDLED_SAMPLE : specIn(context, options.from);
  if (options.once === true && isRelay(from)) {
    throw new CommandError(EXIT.usage, "a relay never ends: --once is for recordings");
  }
  const { plans, programs } = await loadPlans(files, options.param ?? [], context);
  await using backend = await openServer(programs, from, options, context);
  const { terminal, signal } = context;
  const speed = options.speed ?? (options.once === true ? "max" : SPEED_DEFAULT);
  const session = new Session({
    backend,
    from,
    speed,
    once: options.once === true,
    workerId: backend.storeDir === null ? `dev-${process.pid}` : "dev",
    printed: (role) => role === "sink" || (options.json === true && role === "late"),
    print: (records) => print(records, plans.length > 1, options, context),
    failed: backend.failed,
    terminal,
    signal,
  });
  await session.deploy(plans, programs);
  banner(session, backend, { from, speed }, context);
  const stopWatching = new AbortController();
  const watching =
    options.watch === true
      ? redeployOnSave(session, files, options.param ?? [], context, stopWatching.signal)
      : Promise.resolve();
  try {
    await session.run();
  } finally {
    stopWatching.abort();
    await watching;
  }
  for (const line of ["", ...(await session.summary())]) terminal.say(line);
  return options.once === true && session.counters !== null
    ? exitAfter(from, session.counters, context)
    : stoppedExit(context);
}

/** A server of this command's own has a store folder. */
type DevBackend = Backend & {
  readonly storeDir: string | null;
  /** Rejects when that server ends by itself. */
  readonly failed: Promise<never>;
};

async function openServer(
  programs: readonly Program[],
  from: string,
  options: DevOptions,
  context: Context,
): Promise<DevBackend> {
  const given = options.nats ?? context.env.NATS_URL ?? "";
  if (given === "") return await openEmbedded(programs, from, options, context);
  if (options.fresh === true) {
    throw new CommandError(
      EXIT.usage,
      "--fresh is for the server that `fpaas dev` brings, not for --nats",
    );
  }
  const backend = await openBackendAt(given, context, { missing: "make", buckets: BUCKETS_DEV });
  return { ...backend, storeDir: null, failed: new Promise(() => {}) };
}

async function openEmbedded(
  programs: readonly Program[],
  from: string,
  { fresh }: DevOptions,
  context: Context,
): Promise<DevBackend> {
  const { folder, terminal } = context;
  const identity = [...programs.map(({ text }) => text), await sourceKey(from)];
  const storeDir = devStoreFolder(folder, programs[0]?.file ?? "", identity);
  if (fresh === true) await wipe(storeDir, folder);
  const report = (line: string): void => terminal.say(line);
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer({ storeDir, report, env: context.env }));
  stack.defer(await announceDev(storeDir, server.url));
  const backend = await openBackendAt(server.url, context, {
    missing: "make",
    buckets: BUCKETS_DEV,
  });
  stack.use(backend);
  const all = stack.move();
  const failed = rejectWhenGone(server);
  return { ...backend, storeDir, failed, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Handled even if nobody waits for it: a clean stop ends the server too. */
function rejectWhenGone({ exited, logFile }: NatsServer): Promise<never> {
  const failed = exited.then(() => {
    throw new CommandError(EXIT.failure, "the NATS server has ended", `its log: ${logFile}`);
  });
  failed.catch(() => {});
  return failed;
}

/** @throws CommandError (conflict) when a `fpaas dev` runs on the store */
async function wipe(storeDir: string, folder: string): Promise<void> {
  const inUse = (await runningDevs(folder)).find(({ name }) => name === basename(storeDir));
  if (inUse !== undefined) {
    throw new CommandError(
      EXIT.conflict,
      `the same \`fpaas dev\` is running already, as process ${inUse.pid}`,
      "stop that one first",
    );
  }
  await rm(storeDir, { recursive: true, force: true });
}

async function print(
  records: readonly TopicRecord[],
  withTopic: boolean,
  { json }: DevOptions,
  { terminal }: Context,
): Promise<void> {
  const paint = terminal.paintOut;
  const text =
    json === true
      ? records.map(jsonLine).join("")
      : recordText(records, { paint, withTopic, rowsMax: WINDOW_ROWS_MAX });
  await terminal.data(text);
}

function banner(
  { deployments }: Session,
  { url, storeDir }: DevBackend,
  { from, speed }: { from: string; speed: Speed },
  { terminal, folder }: Context,
): void {
  const { bold, dim } = terminal.paintErr;
  const names = deployments.map(({ address, version }) => `${address.pipeline} v${version}`);
  const topics = deployments
    .flatMap(({ plan }) => plan.topics)
    .filter(({ role }) => role === "sink");
  const pace = speed === "max" ? "as fast as it goes" : `at ${speed}x`;
  const store = storeDir === null ? "" : dim(`  store ${shortPath(storeDir, folder)}`);
  terminal.say(`${bold("fpaas dev")}  ${names.join(", ")}`);
  terminal.say(`  source  ${isRelay(from) ? from : `${shortPath(from, folder)}, ${pace}`}`);
  terminal.say(`  nats    ${url}${store}`);
  terminal.say(`  topics  ${topics.map(({ name }) => name).join(", ")}`);
  terminal.say("");
}

function shortPath(path: string, folder: string): string {
  const short = relative(folder, resolve(folder, path));
  return short.startsWith("..") ? path : short;
}
