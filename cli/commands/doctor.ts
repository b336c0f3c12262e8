// `fpaas doctor`: is everything there that FPaaS needs, and what to do where it is not.

import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { Command } from "commander";
import { DEFAULT_TENANT, FIREHOSE_STREAM } from "../../plan/names.ts";
import { connectNats, type NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { inspectStreams, type StreamFacts } from "../../runtime/adapters/nats/inspect.ts";
import { findNatsServer } from "../../runtime/adapters/nats-server.ts";
import { isFailing } from "../../runtime/task/failure.ts";
import { natsUrl, openBackend } from "../backend.ts";
import { BUNDLED_SAMPLE } from "../bundled-sample.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-codes.ts";
import { failuresOf, failureText } from "../failing.ts";
import { fullnessOf, isOurs, troubleOf } from "../fullness.ts";
import { describe } from "../report-error.ts";
import { measureStorage, newestEvents, storageText } from "../storage.ts";
import { formatBytes, formatCount, formatDuration } from "../terminal/units.ts";

/** One line of the report; `help` is what to do about it. */
type Finding = {
  readonly level: "ok" | "warn" | "fail";
  readonly what: string;
  readonly found: string;
  readonly help?: string;
};

type Options = NatsOptions & { readonly storage?: true };

const NODE_MAJOR_MIN = 24;
const DISK_BYTES_WARN = 5e9;
const DISK_BYTES_FAIL = 500e6;

export function doctorCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("doctor", "check that everything is there that FPaaS needs")
    .option("--storage", "measure the firehose's newest events: sizes, rate, a day of them")
    .action(async (options: Options) =>
      finish(
        options.storage === true ? await storage(options, context) : await doctor(options, context),
      ),
    );
}

async function doctor(options: NatsOptions, context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const findings = [
    nodeVersion(),
    await natsServer(context),
    ...(await server(options, context)),
    ...(await failingTasks(options, context)),
    await diskSpace(context),
    sample(),
  ];
  if (options.json === true) await terminal.json(findings);
  else for (const finding of findings) await terminal.data(draw(finding, context));
  return findings.some(({ level }) => level === "fail") ? EXIT.failure : EXIT.ok;
}

async function storage(options: Options, context: Context): Promise<ExitCode> {
  const { terminal, signal } = context;
  await using backend = await openBackend(context, options, "refuse");
  const streams = await inspectStreams(backend.connection);
  const replicas = streams.find(({ name }) => name === FIREHOSE_STREAM)?.replicas ?? 1;
  const report = measureStorage(await newestEvents(backend.log, signal), replicas);
  if (report === null) {
    throw new CommandError(EXIT.notFound, `${FIREHOSE_STREAM} holds no events yet`);
  }
  if (options.json === true) await terminal.json({ ...report, replicas });
  else await terminal.data(storageText(report, replicas));
  return EXIT.ok;
}

function nodeVersion(): Finding {
  const { node } = process.versions;
  const good = Number(node.split(".")[0]) >= NODE_MAJOR_MIN;
  const found = `${node} (${process.execPath})`;
  if (good) return { level: "ok", what: "node", found };
  return { level: "fail", what: "node", found, help: `install Node ${NODE_MAJOR_MIN} or newer` };
}

async function natsServer({ env }: Context): Promise<Finding> {
  const { found, rejected } = await findNatsServer(env);
  if (found !== null) {
    const { path, version, warning } = found;
    const line = { what: "nats-server", found: `${version} (${path})` };
    return warning === null ? { level: "ok", ...line } : { level: "warn", ...line, help: warning };
  }
  const seen = rejected.map(({ way, reason }) => `${way}: ${reason}`).join("; ");
  return {
    level: "warn",
    what: "nats-server",
    found: seen === "" ? "none on this machine" : seen,
    help: "`fpaas dev` downloads one; or install 2.15 or newer, or set NATS_SERVER_BIN",
  };
}

/** The server commands would talk to, and its streams. */
async function server(options: NatsOptions, context: Context): Promise<Finding[]> {
  let url: string;
  try {
    url = await natsUrl(context, options);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const help = "`fpaas dev` brings its own; for another use --nats or NATS_URL";
    return [{ level: "warn", what: "nats", found: "no server given", help }];
  }
  try {
    const connection = await connectNats({ url, name: "fpaas doctor" });
    try {
      return [connected(url, connection), ...streamFindings(await inspectStreams(connection))];
    } finally {
      await connection.close();
    }
  } catch (error) {
    const help = "is it running, with JetStream (-js), and reachable from here?";
    return [{ level: "fail", what: "nats", found: describe(error), help }];
  }
}

/** Tasks that have failed too often at one place; nothing where nothing can be asked, which is told apart. */
async function failingTasks(options: NatsOptions, context: Context): Promise<Finding[]> {
  try {
    await using backend = await openBackend(context, options, "refuse");
    const { deployments } = await backend.store.list(DEFAULT_TENANT);
    const failures = [...(await failuresOf(backend, deployments))];
    const help = "`fpaas status` shows where; `fpaas skip` leaves a message out";
    return failures.flatMap(([task, failure]): Finding[] => {
      const found = failureText(task, failure, Date.now());
      return isFailing(failure) ? [{ level: "warn", what: "task", found, help }] : [];
    });
  } catch {
    return [];
  }
}

function connected(url: string, { info }: NatsConnection): Finding {
  return { level: "ok", what: "nats", found: `${url}, version ${info?.version ?? "unknown"}` };
}

function streamFindings(all: readonly StreamFacts[]): Finding[] {
  const ours = all.filter(isOurs);
  if (ours.length === 0) {
    const help = "`fpaas shuffler`, `fpaas worker` or `fpaas deploy` make them";
    return [{ level: "warn", what: "streams", found: "none of ours yet", help }];
  }
  return ours.map(streamFinding);
}

function streamFinding(facts: StreamFacts): Finding {
  const {
    name,
    messages,
    bytes,
    bytesMax,
    replicas,
    storage,
    maxAgeMs,
    duplicateWindowMs,
    atomic,
  } = facts;
  const found = [
    `${formatCount(messages)} messages`,
    bytesMax === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(bytesMax)}`,
    storage,
    `R${replicas}`,
    maxAgeMs === 0 ? "kept for ever" : `kept ${formatDuration(maxAgeMs)}`,
    `dedup ${formatDuration(duplicateWindowMs)}`,
  ].join(", ");
  if (name.startsWith("FPL_") && !atomic) {
    const help = "made without atomic batches: delete it, and let FPaaS make it anew";
    return { level: "fail", what: name, found, help };
  }
  const nowMs = Date.now();
  const trouble = troubleOf(facts, nowMs);
  if (trouble === null) return { level: "ok", what: name, found };
  const level = fullnessOf(facts, nowMs) === "full" ? "fail" : "warn";
  return { level, what: name, found: `${found}: ${trouble.found}`, help: trouble.help };
}

async function diskSpace({ folder }: Context): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const line = { what: "disk", found: `${formatBytes(free)} free in ${folder}` };
  if (free >= DISK_BYTES_WARN) return { level: "ok", ...line };
  const help = "JetStream stops taking messages when its disk is full: make room";
  return { level: free < DISK_BYTES_FAIL ? "fail" : "warn", ...line, help };
}

function sample(): Finding {
  if (existsSync(BUNDLED_SAMPLE)) return { level: "ok", what: "sample", found: BUNDLED_SAMPLE };
  const help = "install FPaaS again, or give `fpaas dev` a recording with --from";
  return { level: "warn", what: "sample", found: `${BUNDLED_SAMPLE} is missing`, help };
}

function draw({ level, what, found, help }: Finding, { terminal }: Context): string {
  const { paintOut: paint } = terminal;
  const label = { ok: paint.green("ok  "), warn: paint.yellow("warn"), fail: paint.red("fail") };
  const line = `${label[level]}  ${what.padEnd(12)}  ${found}\n`;
  return help === undefined ? line : `${line}${" ".repeat(20)}→ ${help}\n`;
}
