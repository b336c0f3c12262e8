// The processes of a user: `fpaas deploy` and `fpaas worker`.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchPipeline } from "./pipelines.ts";

const BIN = fileURLToPath(new URL("../../cli/bin.mjs", import.meta.url));

export type Process = {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<number | null>;
};

export async function deploy({ name, source }: BenchPipeline, url: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fpaas-bench-"));
  try {
    const file = join(folder, `${name}.fpl`);
    await writeFile(file, source);
    const code = await start(["deploy", file, "--nats", url]).ended;
    if (code !== 0) throw new Error(`deploy of ${name} ended with ${code}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function startWorker(url: string): Process {
  return start(["worker", "--threads", "1", "--nats", url]);
}

function start(args: readonly string[]): Process {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), ended };
}
