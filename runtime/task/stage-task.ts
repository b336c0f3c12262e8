// A stage task: owns one stage partition; reads from its checkpoint, steps, commits outputs and the new
// checkpoint as one fenced batch. Whatever crashes, the next owner starts from the last commit, and what
// was not committed never happened.

import type { Deployment, TaskId } from "../../plan/deployment.ts";
import { assert } from "../core/assert.ts";
import type { Counters, OutputMessage, StateChange } from "../core/message.ts";
import { StageRunner } from "../core/stage-runner.ts";
import { type Clock, type Log, type LogAppend, type LogMessage, LogUnavailable } from "../ports.ts";
import {
  type CheckpointSubjects,
  checkpointMessage,
  checkpointSubjects,
  loadCheckpoint,
  SNAPSHOT_AFTER_BYTES_MIN,
  stateMessages,
} from "./checkpoint.ts";
import { InputQueue } from "./input-queue.ts";
import { Outbox } from "./outbox.ts";
import { sourcesOf, type TaskSource } from "./sources.ts";

/** When a task commits. */
export const COMMIT = {
  /** Longest that output waits. */
  lingerMs: 100,
  /** Longest that a watermark without records waits. */
  watermarkLingerMs: 250,
  /** Output that does not wait any longer. */
  outputBytes: 2 * 1024 * 1024,
  /** Progress without output: by time, or by messages read. */
  progressMs: 5000,
  progressMessages: 10_000,
  /** Between two deletions of what is no longer needed. */
  sweepMs: 15_000,
} as const;

/** Why a task ended: it was told to, or another process has committed in its place. */
export type TaskEnd = "stopped" | "fenced";

/** What a task tells its worker. */
export type TaskReport = {
  readonly counters: Counters;
  readonly commits: number;
  readonly watermarkMs: number | null;
};

/** What a task runs on. */
export type TaskPorts = {
  readonly log: Log;
  readonly clock: Clock;
  /** Called after every commit. */
  readonly report: (report: TaskReport) => void;
};

/**
 * Runs until the signal aborts (then it commits what it has) or another process takes over.
 * @throws LogUnavailable when the log cannot be reached while starting; the caller starts it again.
 */
export async function runStageTask(
  deployment: Deployment,
  id: TaskId,
  ports: TaskPorts,
  signal: AbortSignal,
): Promise<TaskEnd> {
  const task = await StageTask.open(deployment, id, ports);
  return task.run(signal);
}

class StageTask {
  readonly #ports: TaskPorts;
  readonly #runner: StageRunner;
  readonly #outbox: Outbox;
  readonly #subjects: CheckpointSubjects;
  readonly #sources: readonly TaskSource[];
  readonly #inSeqs: number[];
  #checkpointSeq = 0;
  #epoch = 0;
  /** Bytes of state written since, and of, the last snapshot. */
  #changedBytes = 0;
  #snapshotBytes = 0;
  #commits = 0;
  #pending: { messages: OutputMessage[]; state: StateChange[]; watermarkMs: number | null };
  #readSinceCommit = 0;
  /** When the oldest uncommitted input was read. */
  #waitingSinceMs = 0;
  #sweptMs: number;

  /** Reads the checkpoint back. */
  static async open(deployment: Deployment, id: TaskId, ports: TaskPorts): Promise<StageTask> {
    const task = new StageTask(deployment, id, ports);
    const restored = await loadCheckpoint(ports.log, task.#subjects);
    if (restored === null) return task;
    const { checkpoint, seq, state, stateBytes } = restored;
    task.#runner.restore(checkpoint.progress, state);
    for (const [input, inSeq] of checkpoint.inSeqs.entries()) task.#inSeqs[input] = inSeq;
    task.#checkpointSeq = seq;
    task.#epoch = checkpoint.epoch;
    task.#changedBytes = stateBytes;
    return task;
  }

  private constructor(deployment: Deployment, id: TaskId, ports: TaskPorts) {
    const stage = deployment.plan.stages.find((one) => one.id === id.stage);
    assert(stage !== undefined, `plan has no stage ${id.stage}`);
    this.#ports = ports;
    this.#runner = new StageRunner(deployment.plan, stage);
    this.#outbox = new Outbox(deployment, id, stage);
    this.#subjects = checkpointSubjects(deployment, id);
    this.#sources = sourcesOf(deployment, id, stage);
    this.#inSeqs = this.#sources.map((source) => source.startSeq - 1);
    this.#pending = { messages: [], state: [], watermarkMs: null };
    this.#sweptMs = ports.clock.now();
  }

  /** Ends when told to, with everything committed if the log allows it within `FINISH_MS`. */
  async run(signal: AbortSignal): Promise<TaskEnd> {
    using patience = new Patience(signal);
    try {
      return await this.#loop(signal, patience.signal);
    } catch (error) {
      // Not committed is not lost: the next owner starts from the last commit.
      if (error instanceof LogUnavailable && signal.aborted) return "stopped";
      throw error;
    }
  }

  async #loop(signal: AbortSignal, patience: AbortSignal): Promise<TaskEnd> {
    await using queue = new InputQueue(this.#ports.log, this.#sources, this.#inSeqs);
    while (!signal.aborted) {
      const waitMs = this.#msUntilCommit();
      const batch = await queue.next(waitMs, this.#ports.clock, signal);
      if (batch !== null) this.#step(batch.input, batch.messages);
      if (this.#readSinceCommit > 0 && this.#msUntilCommit() <= 0) {
        if ((await this.#commit(patience)) === "fenced") return "fenced";
        await this.#sweep();
      }
    }
    if (this.#readSinceCommit === 0) return "stopped";
    return (await this.#commit(patience)) === "fenced" ? "fenced" : "stopped";
  }

  #step(input: number, messages: readonly LogMessage[]): void {
    const source = this.#sources[input];
    assert(source !== undefined, `no source ${input}`);
    if (this.#readSinceCommit === 0) this.#waitingSinceMs = this.#ports.clock.now();
    for (const message of messages) {
      this.#runner.push(source.toInput(message));
      this.#inSeqs[input] = message.seq;
    }
    this.#readSinceCommit += messages.length;
    const { messages: output, state, watermarkMs } = this.#runner.drain();
    this.#pending.messages.push(...output);
    for (const change of state) this.#pending.state.push(change);
    this.#pending.watermarkMs = watermarkMs;
  }

  /** How long the next commit may wait; endless when there is nothing to commit. */
  #msUntilCommit(): number {
    if (this.#readSinceCommit === 0) return Number.POSITIVE_INFINITY;
    const { messages, watermarkMs } = this.#pending;
    const bytes = messages.reduce((sum, message) => sum + message.payload.length, 0);
    if (bytes >= COMMIT.outputBytes || this.#readSinceCommit >= COMMIT.progressMessages) return 0;
    const waitedMs = this.#ports.clock.now() - this.#waitingSinceMs;
    if (messages.length > 0) return COMMIT.lingerMs - waitedMs;
    if (this.#outbox.owes(watermarkMs)) return COMMIT.watermarkLingerMs - waitedMs;
    return COMMIT.progressMs - waitedMs;
  }

  async #commit(signal: AbortSignal): Promise<"committed" | "fenced"> {
    const { messages, state, watermarkMs } = this.#pending;
    const [epoch, stateParts] = this.#stateParts(state);
    const batch: LogAppend[] = [...this.#outbox.messages(messages, watermarkMs), ...stateParts];
    const checkpoint = {
      inSeqs: [...this.#inSeqs],
      progress: this.#runner.progress(),
      epoch,
    };
    batch.push(checkpointMessage(this.#subjects, checkpoint, this.#checkpointSeq));
    const result = await this.#ports.log.commit(this.#subjects.stream, batch, signal);
    if (result.kind === "fenced") return "fenced";
    this.#checkpointSeq = result.lastSeq;
    if (epoch !== this.#epoch) {
      await this.#forgetEpoch(result.lastSeq - stateParts.length);
      this.#epoch = epoch;
    }
    this.#pending = { messages: [], state: [], watermarkMs: null };
    this.#readSinceCommit = 0;
    this.#commits += 1;
    this.#ports.report({ counters: this.#runner.counters, commits: this.#commits, watermarkMs });
    return "committed";
  }

  /** The changes since the last commit, or when those have grown past a limit, everything anew. */
  #stateParts(changes: readonly StateChange[]): [epoch: number, parts: LogAppend[]] {
    const limit = Math.max(SNAPSHOT_AFTER_BYTES_MIN, 2 * this.#snapshotBytes);
    const whole = this.#changedBytes >= limit;
    const epoch = whole ? this.#epoch + 1 : this.#epoch;
    const parts = stateMessages(this.#subjects, epoch, whole ? this.#runner.entries() : changes);
    const bytes = parts.reduce((sum, part) => sum + part.payload.length, 0);
    this.#changedBytes = whole ? 0 : this.#changedBytes + bytes;
    if (whole) this.#snapshotBytes = bytes;
    return [epoch, parts];
  }

  /** `firstSeq` is the first state message of the new epoch: all before it are garbage. */
  async #forgetEpoch(firstSeq: number): Promise<void> {
    await this.#ports.log.purge(this.#subjects.stream, this.#subjects.state, firstSeq - 1);
  }

  /** Deletes old checkpoints and what this task alone reads and has processed. */
  async #sweep(): Promise<void> {
    const nowMs = this.#ports.clock.now();
    if (nowMs - this.#sweptMs < COMMIT.sweepMs) return;
    this.#sweptMs = nowMs;
    const { log } = this.#ports;
    const { stream, checkpoint } = this.#subjects;
    await log.purge(stream, checkpoint, this.#checkpointSeq - 1);
    for (const [input, source] of this.#sources.entries()) {
      if (!source.exclusive) continue;
      for (const subject of source.subjects) {
        await log.purge(source.stream, subject, this.#inSeqs[input] ?? 0);
      }
    }
  }
}

/** Longest that a stopping task tries to commit what it has. */
const FINISH_MS = 5000;

/** A signal that aborts `FINISH_MS` after another one did. */
class Patience implements Disposable {
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  #timer: NodeJS.Timeout | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#start, { once: true });
    if (signal.aborted) this.#start();
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  readonly #start = (): void => {
    this.#timer = setTimeout(() => this.#end.abort(), FINISH_MS);
  };

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#start);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
