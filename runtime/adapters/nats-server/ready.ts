// When is the server ready, and at which URL? It says so in a file of its own; if it ends instead, the
// end of its log says why.

import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Child, hasEnded } from "./child.ts";
import { NatsServerStartFailed } from "./errors.ts";

/** Replaying a large store takes the server a while before it listens. */
const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 10;
const LOG_TAIL_LINES = 12;
const LOG_TAIL_BYTES = 16 * 1024;

const Ports = z.object({ nats: z.array(z.string()).min(1) });

/** Resolves to the server's URL once it listens. @throws NatsServerStartFailed */
export async function listening(
  child: Child,
  pid: number,
  portsDir: string,
  logFile: string,
): Promise<string> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const url = await readUrl(portsDir, pid);
    if (url !== null) return url;
    if (hasEnded(child)) throw await failure("nats-server ended at its start", logFile);
    if (performance.now() > deadline) {
      throw await failure(`nats-server was not ready after ${READY_TIMEOUT_MS} ms`, logFile);
    }
    await sleep(READY_POLL_MS);
  }
}

async function readUrl(portsDir: string, pid: number): Promise<string | null> {
  const name = (await readdir(portsDir)).find((each) => each.endsWith(`_${pid}.ports`));
  if (name === undefined) return null;
  try {
    return Ports.parse(JSON.parse(await readFile(join(portsDir, name), "utf8"))).nats[0] ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null; // Not written to its end yet.
    throw error;
  }
}

async function failure(what: string, logFile: string): Promise<NatsServerStartFailed> {
  return new NatsServerStartFailed(`${what}; the end of ${logFile}`, await tailOf(logFile));
}

async function tailOf(logFile: string): Promise<string> {
  const log = await open(logFile, "r");
  try {
    const { size } = await log.stat();
    const start = Math.max(0, size - LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await log.read(Buffer.alloc(LOG_TAIL_BYTES), 0, null, start);
    const lines = buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n");
    return lines.slice(-LOG_TAIL_LINES).join("\n");
  } finally {
    await log.close();
  }
}
