// The log with a stopwatch: how long commits with state take, and when a task of the reduce begins to read.

import type { CommitResult, Log } from "../../runtime/ports.ts";
import { ForwardingLog } from "../../runtime/testing/forwarding-log.ts";

export type CommitFigures = {
  readonly commits: number;
  /** Of state, in all of them. */
  readonly bytes: number;
  readonly sumMs: number;
  readonly longestMs: number;
};

const EXCHANGE = /^fpl\.\d+\.[^.]+\.[^.]+\.x\./;
const STATE = /^fpl\.\d+\.[^.]+\.[^.]+\.s\./;

export class WatchedLog extends ForwardingLog {
  #figures = { commits: 0, bytes: 0, sumMs: 0, longestMs: 0 };
  #reading = Promise.withResolvers<void>();

  figures(): CommitFigures {
    return { ...this.#figures };
  }

  /** Resolves when the next task that reads an exchange has its state back and begins to read. */
  async nextReader(): Promise<void> {
    this.#reading = Promise.withResolvers<void>();
    await this.#reading.promise;
  }

  override read(...args: Parameters<Log["read"]>): ReturnType<Log["read"]> {
    const [, subjects] = args;
    if (subjects.some((subject) => EXCHANGE.test(subject))) this.#reading.resolve();
    return super.read(...args);
  }

  override async commit(...args: Parameters<Log["commit"]>): Promise<CommitResult> {
    const [, messages] = args;
    const state = messages.filter(({ subject }) => STATE.test(subject));
    const beganMs = performance.now();
    const result = await super.commit(...args);
    if (state.length === 0) return result;
    const ms = performance.now() - beganMs;
    this.#figures.commits += 1;
    this.#figures.bytes += state.reduce((sum, { payload }) => sum + payload.length, 0);
    this.#figures.sumMs += ms;
    this.#figures.longestMs = Math.max(this.#figures.longestMs, ms);
    return result;
  }
}
