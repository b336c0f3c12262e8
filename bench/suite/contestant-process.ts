// A contestant's process as the suite sees it: one question, one answer, in turn.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { FromChild, ToChild } from "./protocol.ts";

const ENTRY = new URL("./child/main.ts", import.meta.url);
/** A million events as objects or lines. */
const HEAP_MB = 8192;

export class ContestantProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<never>;

  constructor() {
    this.#child = fork(ENTRY, {
      serialization: "advanced",
      execArgv: ["--expose-gc", `--max-old-space-size=${HEAP_MB}`],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#exited = once(this.#child, "exit").then(([code]: unknown[]) => {
      throw new Error(`a contestant's process has ended with ${String(code)}`);
    });
    this.#exited.catch(() => {}); // Expected when it is disposed of.
  }

  /** @throws Error when the process ends instead of answering, or answers something else */
  async ask<K extends FromChild["kind"]>(
    question: ToChild,
    kind: K,
  ): Promise<Extract<FromChild, { kind: K }>> {
    const answered = once(this.#child, "message");
    this.#child.send(question);
    const [message]: unknown[] = await Promise.race([answered, this.#exited]);
    // Both ends are ours and of the same release.
    const answer = message as FromChild;
    if (answer.kind !== kind) throw new Error(`expected ${kind}, not ${answer.kind}`);
    return answer as Extract<FromChild, { kind: K }>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#exited.catch(() => {});
  }
}
