// The log with a stopwatch: how long commits with state take, and when a task of the reduce begins to read.

import type { CommitResult, Log, LogAppend } from "../../runtime/ports.ts";

export type CommitFigures = {
  readonly commits: number;
  /** Of state, in all of them. */
  readonly bytes: number;
  readonly sumMs: number;
  readonly longestMs: number;
};

const EXCHANGE = /^fpl\.\d+\.[^.]+\.[^.]+\.x\./;
const STATE = /^fpl\.\d+\.[^.]+\.[^.]+\.s\./;

export class WatchedLog implements Log {
  readonly #log: Log;
  #figures = { commits: 0, bytes: 0, sumMs: 0, longestMs: 0 };
  #reading = Promise.withResolvers<void>();

  constructor(log: Log) {
    this.#log = log;
  }

  figures(): CommitFigures {
    return { ...this.#figures };
  }

  /** Resolves when the next task that reads an exchange has its state back and begins to read. */
  async nextReader(): Promise<void> {
    this.#reading = Promise.withResolvers<void>();
    await this.#reading.promise;
  }

  read: Log["read"] = (stream, subjects, fromSeq, signal) => {
    if (subjects.some((subject) => EXCHANGE.test(subject))) this.#reading.resolve();
    return this.#log.read(stream, subjects, fromSeq, signal);
  };
  last: Log["last"] = (...args) => this.#log.last(...args);
  readAll: Log["readAll"] = (...args) => this.#log.readAll(...args);
  firstSeq: Log["firstSeq"] = (...args) => this.#log.firstSeq(...args);
  lastSeq: Log["lastSeq"] = (...args) => this.#log.lastSeq(...args);
  seqAtTime: Log["seqAtTime"] = (...args) => this.#log.seqAtTime(...args);
  purge: Log["purge"] = (...args) => this.#log.purge(...args);

  async commit(
    stream: string,
    messages: readonly LogAppend[],
    signal: AbortSignal,
  ): Promise<CommitResult> {
    const state = messages.filter(({ subject }) => STATE.test(subject));
    const beganMs = performance.now();
    const result = await this.#log.commit(stream, messages, signal);
    if (state.length === 0) return result;
    const ms = performance.now() - beganMs;
    this.#figures.commits += 1;
    this.#figures.bytes += state.reduce((sum, { payload }) => sum + payload.length, 0);
    this.#figures.sumMs += ms;
    this.#figures.longestMs = Math.max(this.#figures.longestMs, ms);
    return result;
  }
}
