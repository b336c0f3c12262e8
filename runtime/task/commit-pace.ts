// When a task commits: a commit costs the log the same however much is in it, and readers wait for it.

import type { StageRunner } from "../core/stage-runner.ts";
import type { Clock } from "../ports.ts";

/** When a task commits. */
export const COMMIT = {
  /** Longest that output waits. */
  lingerMs: 100,
  /** Longest that a watermark without records waits. */
  watermarkLingerMs: 250,
  /** Records, each of which may have changed an entry of state, that do not wait any longer. */
  records: 20_000,
  /** The same in bytes, of input and, by the mean entry of the last commit, of state. */
  inputBytes: 4 * 1024 * 1024,
  stateBytes: 8 * 1024 * 1024,
  /** So many entries are not too much state, however large each of them is. */
  stateEntries: 16,
  /** Progress without output: by time, or by messages read. */
  progressMs: 5000,
  progressMessages: 10_000,
  /** Between two deletions of what is no longer needed. */
  sweepMs: 15_000,
  /** Longest that a stopping task tries to commit what it has. */
  finishMs: 5000,
} as const;

export class CommitPace {
  readonly #clock: Pick<Clock, "now">;
  /** Messages and their bytes since the last commit, and the records that were read before it. */
  #messages = 0;
  #bytes = 0;
  #recordsBefore = 0;
  /** When the oldest uncommitted input was read. */
  #sinceMs = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Whether there is something to be committed. */
  get hasWork(): boolean {
    return this.#messages > 0;
  }

  /** A message was read. */
  read(bytes: number): void {
    if (this.#messages === 0) this.#sinceMs = this.#clock.now();
    this.#messages += 1;
    this.#bytes += bytes;
  }

  /** @param isUnfinished whether what was read needs another commit */
  committed({ counters }: Pick<StageRunner, "counters">, isUnfinished: boolean): void {
    this.#recordsBefore = counters.in;
    this.#messages = isUnfinished ? 1 : 0;
    this.#bytes = 0;
  }

  /** Whether a commit must not grow any more. @param entryBytes mean of an entry of state that has changed */
  isFull(runner: Pick<StageRunner, "counters" | "full" | "keys">, entryBytes: number): boolean {
    const records = runner.counters.in - this.#recordsBefore;
    if (runner.full || records >= COMMIT.records || this.#bytes >= COMMIT.inputBytes) return true;
    if (records * entryBytes < COMMIT.stateBytes) return false;
    // A few huge entries do not get smaller by being written more often.
    const entries = Math.min(records, runner.keys);
    return entries > COMMIT.stateEntries && entries * entryBytes >= COMMIT.stateBytes;
  }

  /** How long the commit of what is there may wait, milliseconds. @param lingerMs from when the oldest of it was read */
  msUntilCommit(lingerMs: number): number {
    if (this.#messages >= COMMIT.progressMessages) return 0;
    return lingerMs - (this.#clock.now() - this.#sinceMs);
  }
}
