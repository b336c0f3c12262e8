// Runs the command line in a folder of its own: whole in this process, or as a user does, as a child that can
// be watched and killed.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { runProgram } from "../program.ts";
import { Terminal } from "../terminal/terminal.ts";

export const BIN = fileURLToPath(new URL("../bin.mjs", import.meta.url));

export type Result = {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** A command that is running. */
export type RunningCommand = {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Result>;
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output contains the text; rejects when the command ends before. */
  printed(text: string): Promise<void>;
  /** The same of standard error. A banner there may name what is printed later: wait for what is meant. */
  said(text: string): Promise<void>;
};

/** A working folder; commands in it have no NATS but what they are given. */
export class TestFolder implements AsyncDisposable {
  readonly path: string;
  readonly #running = new Set<ChildProcessWithoutNullStreams>();

  static async create(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), "fpaas-cli-")));
  }

  private constructor(path: string) {
    this.path = path;
  }

  /** Writes a file, in a folder of its own if its name says so, and gives its name. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    await mkdir(dirname(join(this.path, name)), { recursive: true });
    await writeFile(join(this.path, name), content);
    return name;
  }

  /** Runs a command to its end in this process, which saves the start of another one. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
    return await runHere(args, this.path, { ...process.env, NATS_URL: "", ...env });
  }

  /** Starts a command as a process. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}, node?: string): RunningCommand {
    const child = spawn(node ?? process.execPath, [BIN, ...args], {
      cwd: this.path,
      env: { ...process.env, NATS_URL: "", ...env },
    });
    this.#running.add(child);
    child.once("close", () => this.#running.delete(child));
    return watch(child);
  }

  /** Ends what still runs, and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) child.kill("SIGKILL");
    await rm(this.path, { recursive: true, force: true });
  }
}

/** All of the command line but main.ts, which is about the process. */
export async function runHere(
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Result> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const terminal = new Terminal({ stdout, stderr, env, nowMs: () => performance.now() });
  const { signal } = new AbortController();
  const code = await runProgram(args, { terminal, env, folder, signal });
  await terminal.flush();
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

class Collector extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

function watch(child: ChildProcessWithoutNullStreams): RunningCommand {
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = new Promise<Result>((resolve) => {
    child.once("close", (code) => resolve({ code, stdout: out, stderr: err }));
  });
  const untilIn = (stream: Readable, read: () => string, text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => (read().includes(text) ? resolve() : undefined);
      stream.on("data", look);
      child.once("close", () => reject(new Error(`never saw ${text} in:\n${out}${err}`)));
      look();
    });
  return {
    child,
    ended,
    stdout: () => out,
    stderr: () => err,
    printed: (text) => untilIn(child.stdout, () => out, text),
    said: (text) => untilIn(child.stderr, () => err, text),
  };
}
