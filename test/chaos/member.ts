// A worker or a shuffler as a process of its own, reached only through proxies of its own, and started
// again whenever it ends, as a service manager would.

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startTcpProxy, type TcpProxy } from "../../runtime/testing/tcp-proxy.ts";

const BIN = fileURLToPath(new URL("../../cli/bin.mjs", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** After it ended by itself. */
const RESTART_PAUSE_MS = 1000;

export type MemberOptions = {
  readonly name: string;
  readonly args: readonly string[];
  /** URLs of the servers, each of which it reaches through a proxy. */
  readonly servers: readonly string[];
  readonly logFile: string;
};

export async function startMember(options: MemberOptions): Promise<Member> {
  const ports = options.servers.map((url) => Number(new URL(url).port));
  const member = new Member(options, await Promise.all(ports.map((port) => startTcpProxy(port))));
  member.start();
  return member;
}

export class Member implements AsyncDisposable {
  readonly name: string;
  readonly #args: readonly string[];
  readonly #links: readonly TcpProxy[];
  readonly #log: WriteStream;
  #child: ChildProcess | null = null;
  #closed: Promise<void> = Promise.resolve();
  #wanted = false;
  /** How often it ended though nobody had asked. */
  crashes = 0;

  constructor({ name, args, logFile }: MemberOptions, links: readonly TcpProxy[]) {
    this.name = name;
    this.#args = args;
    this.#links = links;
    this.#log = createWriteStream(logFile);
  }

  start(): void {
    this.#wanted = true;
    const child = spawn(process.execPath, [BIN, ...this.#args], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: "1", NATS_URL: this.#links.map(({ url }) => url).join(",") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.note(`started, process ${child.pid}`);
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
    child.once("exit", (code, signal) => void this.#ended(child, code ?? signal));
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  freeze(): void {
    this.note("frozen");
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.note("thawed");
    this.#child?.kill("SIGCONT");
  }

  /** Nothing passes between it and NATS until `reconnect`. */
  cutOff(): void {
    this.note("cut off");
    for (const link of this.#links) link.stall();
  }

  /** What NATS answers is lost until `reconnect`, which also breaks the connection. */
  loseAnswers(): void {
    this.note("loses answers");
    for (const link of this.#links) link.lose("answers");
  }

  reconnect(how: "heal" | "cut"): void {
    this.note("reconnected");
    for (const link of this.#links) link[how]();
  }

  note(text: string): void {
    this.#log.write(`--- ${new Date().toISOString()} ${text}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Promise.all(this.#links.map((link) => link[Symbol.asyncDispose]()));
    await new Promise<void>((resolve) => this.#log.end(() => resolve()));
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#wanted = false;
    this.note(signal);
    this.#child?.kill(signal);
    await this.#closed;
    this.#child = null;
  }

  async #ended(child: ChildProcess, how: number | string | null): Promise<void> {
    if (!this.#wanted || child !== this.#child) return;
    this.crashes += 1;
    this.note(`ended by itself: ${how}`);
    await sleep(RESTART_PAUSE_MS);
    if (this.#wanted && child === this.#child) this.start();
  }
}
