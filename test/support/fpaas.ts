// Runs the command line in the folder of the project: as a child process on the Node of the tests, or here.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runHere } from "../../cli/testing/command.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  bucketStream,
  DEFAULT_TENANT,
  HEADER,
  parseProducer,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { NatsDeploymentStore } from "../../runtime/adapters/nats/deployment-store.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";

const BIN = fileURLToPath(new URL("../../cli/bin.mjs", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A command that is running. */
export type Running = {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code (null: ended by a signal), once it has ended. */
  readonly ended: Promise<number | null>;
  stdout(): string;
  stderr(): string;
};

const running = new Set<ChildProcess>();

/** Starts `fpaas …args` and leaves it running; `endAll` ends it at the latest. */
export function fpaasInBackground(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    ended,
    stdout: () => Buffer.concat(out).toString(),
    stderr: () => Buffer.concat(err).toString(),
  };
}

/**
 * Runs `fpaas …args` to its end, in this process, and gives its stdout; any exit code but 0 is an error with
 * its stderr.
 */
export async function fpaas(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const result = await runHere(args, ROOT, { ...process.env, NO_COLOR: "1", ...env });
  const { code, stdout, stderr } = result;
  if (code !== 0) throw new Error(`fpaas ${args.join(" ")} ended with ${code}\n${stderr}`);
  return stdout;
}

/** Ends what a failed test left running. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Waits until every producer of every partition of `topic` has said that nothing more will come. */
export async function untilTopicEnds(url: string, topic: string): Promise<void> {
  await untilTopicReaches(url, topic, END_OF_TIME_MS);
}

/** Waits until every producer of every partition of `topic` has promised nothing earlier than `watermarkMs`. */
export async function untilTopicReaches(
  url: string,
  topic: string,
  watermarkMs: number,
): Promise<void> {
  const connection = await connectNats({ url, name: "test" });
  const done = new AbortController();
  try {
    const store = await NatsDeploymentStore.open(connection);
    const at = await store.topic(DEFAULT_TENANT, topic);
    if (at === null) throw new Error(`nobody owns ${topic}`);
    const subjects = Array.from({ length: at.partitions }, (_, partition) =>
      topicWatermarkSubject(at.owner, topic, partition),
    );
    const ended = new Set<string>();
    const log = new NatsLog(connection);
    for await (const batch of log.read(bucketStream(at.owner.bucket), subjects, 1, done.signal)) {
      for (const { subject, headers } of batch) {
        const from = headers.get(HEADER.from) ?? "";
        if (Number(headers.get(HEADER.watermark)) >= watermarkMs) ended.add(subject + from);
        const producers = parseProducer(from)?.producers ?? 1;
        if (ended.size === at.partitions * producers) return;
      }
    }
  } finally {
    done.abort();
    await connection.close();
  }
}
