// A stage task: owns one stage partition; reads from its checkpoint, steps, commits outputs and the new
// checkpoint as one fenced batch. Whatever crashes, the next owner starts from the last commit, and what
// was not committed never happened.

import { type Deployment, deploymentId, stageOf, type TaskId } from "../../plan/deployment.ts";
import { assert } from "../core/assert.ts";
import { DRAIN, type DrainLimits } from "../core/drain-limits.ts";
import type { Counters } from "../core/message.ts";
import { StageRunner } from "../core/stage-runner.ts";
import { type CrashPoints, NO_CRASH_POINTS } from "../crash-points.ts";
import { type Clock, type Log, type LogMessage, LogUnavailable } from "../ports.ts";
import { BATCH_SIZES, type Batches, type BatchSizes } from "./batches.ts";
import { type CheckpointSubjects, checkpointSubjects, loadCheckpoint } from "./checkpoint.ts";
import { InputQueue } from "./input-queue.ts";
import { Meter, type TaskTimes } from "./meter.ts";
import { Outbox } from "./outbox.ts";
import { Patience } from "./patience.ts";
import { type Gap, Retention } from "./retention.ts";
import { isBeforeStart, sourcesOf, type TaskSource } from "./sources.ts";
import { NO_STATE, STATE_SIZES, StateLog, type StateSizes } from "./state-log.ts";
import { CommitWriter, type Written } from "./write-commit.ts";

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

/** Every server that we work with takes so much (`MAX_PAYLOAD_MIN`); tests cut all else in smaller parts. */
const TOPIC_MESSAGE_BYTES_MIN = 32 * 1024;

/** Sizes that tests make small. */
export type TaskSizes = {
  readonly drain: DrainLimits;
  readonly state: StateSizes;
  readonly batch: BatchSizes;
};
export const TASK_SIZES: TaskSizes = { drain: DRAIN, state: STATE_SIZES, batch: BATCH_SIZES };

/**
 * Why a task ended: it was told to, or another process has committed in its place, be it another worker or
 * the deploy of another version.
 */
export type TaskEnd = "stopped" | "fenced";

/** What a task tells its worker. */
export type TaskReport = {
  readonly counters: Counters;
  readonly commits: number;
  readonly watermarkMs: number | null;
  readonly times: TaskTimes;
  /** Entries of keyed state, and its bytes as they stand in the log. */
  readonly stateKeys: number;
  readonly stateBytes: number;
  /** What was found missing just now. */
  readonly gap: Gap | null;
};

/** What a task runs on. */
export type TaskPorts = {
  readonly log: Log;
  readonly clock: Clock;
  /** Called after every commit, and now and then while one waits for the log. */
  readonly report: (report: TaskReport) => void;
  readonly sizes?: TaskSizes;
  readonly crash?: CrashPoints;
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
  return task === null ? "fenced" : task.run(signal);
}

export class StageTask {
  readonly #ports: TaskPorts;
  readonly #crash: CrashPoints;
  readonly #sizes: TaskSizes;
  readonly #runner: StageRunner;
  readonly #outbox: Outbox;
  readonly #subjects: CheckpointSubjects;
  readonly #sources: readonly TaskSource[];
  readonly #deployment: string;
  readonly #meter: Meter;
  readonly #retention: Retention;
  #inSeqs: number[] = [];
  #startSeqs: (readonly number[])[] = [];
  #checkpointSeq = 0;
  #stateLog: StateLog;
  readonly #writer: CommitWriter;
  #commits = 0;
  #readSinceCommit = 0;
  #recordsAtCommit = 0;
  #bytesSinceCommit = 0;
  /** When the oldest uncommitted input was read. */
  #waitingSinceMs = 0;
  #sweptMs: number;

  /** Reads the checkpoint back; null when there is none of this deployment. */
  static async open(
    deployment: Deployment,
    id: TaskId,
    ports: TaskPorts,
  ): Promise<StageTask | null> {
    const task = new StageTask(deployment, id, ports);
    const restored = await loadCheckpoint(ports.log, task.#subjects);
    if (restored?.checkpoint.deployment !== task.#deployment) return null;
    const { checkpoint, seq, state } = restored;
    task.#crash.at("checkpoint read");
    const sizes = task.#sizes.state;
    for (const part of state.parts) {
      task.#runner.load(part);
      task.#crash.at("state half loaded");
      await ports.clock.sleep(0); // The other tasks of this thread go on meanwhile.
    }
    task.#runner.resume(checkpoint.progress);
    task.#inSeqs = [...checkpoint.inSeqs];
    task.#startSeqs = [...checkpoint.startSeqs];
    task.#checkpointSeq = seq;
    task.#stateLog = new StateLog(task.#subjects.state, checkpoint, state, sizes);
    task.#recordsAtCommit = task.#runner.counters.in;
    task.#readSinceCommit = task.#unfinished();
    task.#crash.at("state loaded");
    return task;
  }

  private constructor(deployment: Deployment, id: TaskId, ports: TaskPorts) {
    const stage = stageOf(deployment, id.stage);
    this.#deployment = deploymentId(deployment);
    this.#ports = ports;
    this.#crash = ports.crash ?? NO_CRASH_POINTS;
    this.#meter = new Meter(ports.clock, () => this.#report());
    this.#sizes = ports.sizes ?? TASK_SIZES;
    this.#runner = new StageRunner(deployment.plan, stage, drainFor(ports.log, this.#sizes.drain));
    this.#outbox = new Outbox(deployment, id, stage);
    this.#subjects = checkpointSubjects(deployment, id);
    this.#sources = sourcesOf(deployment, id, stage);
    const { log } = ports;
    this.#writer = new CommitWriter({ log, crash: this.#crash }, this.#subjects, this.#sizes.batch);
    this.#retention = new Retention(ports.log, this.#sources);
    const { state } = this.#sizes;
    this.#stateLog = new StateLog(
      this.#subjects.state,
      { epoch: 0, baseEpoch: 0 },
      NO_STATE,
      state,
    );
    this.#sweptMs = ports.clock.now();
  }

  /** Ends when told to, with everything committed if the log allows it within `FINISH_MS`. */
  async run(signal: AbortSignal): Promise<TaskEnd> {
    using patience = new Patience(signal, COMMIT.finishMs);
    try {
      return await this.#loop(signal, patience.signal);
    } catch (error) {
      // Not committed is not lost: the next owner starts from the last commit.
      if (error instanceof LogUnavailable && signal.aborted) return "stopped";
      throw error;
    }
  }

  /** Goes on to the end of the record that it is in the middle of, and commits. */
  async finishRecord(signal: AbortSignal): Promise<void> {
    if ((await this.#finishMessage(signal, signal)) === "fenced") return;
    const message = await this.#unfinishedMessage(signal);
    if (message !== null) {
      this.#step(this.#runner.unfinished?.input ?? 0, message);
      if ((await this.#finishMessage(signal, signal)) === "fenced") return;
    }
    if (this.#readSinceCommit > 0) await this.#commit(signal);
  }

  /** The message of which records are left, read again; null when there is none, or it is not there any more. */
  async #unfinishedMessage(signal: AbortSignal): Promise<LogMessage | null> {
    const { unfinished } = this.#runner;
    const source = this.#sources[unfinished?.input ?? 0];
    if (unfinished === null || source === undefined) return null;
    const { stream, subjects } = source;
    const reading = this.#ports.log.read(stream, subjects, unfinished.seq, signal);
    for await (const [message] of reading) return message?.seq === unfinished.seq ? message : null;
    return null;
  }

  async #loop(signal: AbortSignal, patience: AbortSignal): Promise<TaskEnd> {
    if ((await this.#finishMessage(signal, patience)) === "fenced") return "fenced";
    await this.#retention.look();
    await using queue = new InputQueue(this.#ports.log, this.#sources, this.#inSeqs);
    while (!signal.aborted) {
      const next = queue.next(this.#msUntilCommit(), this.#ports.clock, signal);
      const batch = await this.#meter.idle(next);
      for (const gap of batch?.gaps ?? []) this.#lose(gap);
      for (const message of batch?.messages ?? []) {
        if (signal.aborted) break;
        this.#step(batch?.input ?? 0, message);
        if ((await this.#finishMessage(signal, patience)) === "fenced") return "fenced";
        if (this.#isFull() && (await this.#commit(patience)) === "fenced") return "fenced";
      }
      if (this.#msUntilCommit() > 0) continue;
      if ((await this.#commit(patience)) === "fenced") return "fenced";
      await this.#sweep();
    }
    if (this.#readSinceCommit === 0) return "stopped";
    return (await this.#commit(patience)) === "fenced" ? "fenced" : "stopped";
  }

  /** Commits what a message has set off piece by piece, when that is too much for one commit. */
  async #finishMessage(signal: AbortSignal, patience: AbortSignal): Promise<"on" | "fenced"> {
    for (;;) {
      this.#runner.goOn();
      if (!this.#runner.busy || signal.aborted) return "on";
      this.#crash.at("advance in the middle");
      if ((await this.#commit(patience)) === "fenced") return "fenced";
    }
  }

  /** A message that is not through, or whose watermark is not out everywhere, needs another commit. */
  #unfinished(): number {
    return this.#runner.busy || this.#outbox.owes(this.#runner.watermarkMs) ? 1 : 0;
  }

  #step(input: number, message: LogMessage): void {
    const source = this.#sources[input];
    assert(source !== undefined, `no source ${input}`);
    if (this.#readSinceCommit === 0) this.#waitingSinceMs = this.#ports.clock.now();
    const gap = this.#retention.gapBefore(input, this.#inSeqs[input] ?? 0, message.seq);
    if (gap !== null) this.#lose(gap);
    if (this.#counts(input, message)) this.#runner.push(source.toInput(message));
    this.#inSeqs[input] = message.seq;
    this.#readSinceCommit += 1;
    this.#bytesSinceCommit += message.payload.length;
  }

  #lose(gap: Gap): void {
    this.#runner.lose(gap.toSeq - gap.fromSeq + 1);
    this.#report(gap);
  }

  /** Whether the message is this task's: behind a change of partitions, some are another's. */
  #counts(input: number, message: LogMessage): boolean {
    const startSeqs = this.#startSeqs[input] ?? [];
    if (startSeqs.length === 0) return true;
    if (isBeforeStart(message, startSeqs)) return false;
    if (startSeqs.every((startSeq) => startSeq <= message.seq)) this.#startSeqs[input] = [];
    return true;
  }

  /** Whether a commit must not grow any more. */
  #isFull(): boolean {
    const records = this.#runner.counters.in - this.#recordsAtCommit;
    return (
      this.#runner.full ||
      records >= COMMIT.records ||
      this.#bytesSinceCommit >= COMMIT.inputBytes ||
      this.#stateIsFull(records)
    );
  }

  /** A few huge entries do not get smaller by being written more often. */
  #stateIsFull(records: number): boolean {
    const { entryBytes } = this.#stateLog;
    if (records * entryBytes < COMMIT.stateBytes) return false;
    const entries = Math.min(records, this.#runner.keys);
    return entries > COMMIT.stateEntries && entries * entryBytes >= COMMIT.stateBytes;
  }

  /** How long the next commit may wait; endless when there is nothing to commit. */
  #msUntilCommit(): number {
    if (this.#readSinceCommit === 0) return Number.POSITIVE_INFINITY;
    if (this.#readSinceCommit >= COMMIT.progressMessages) return 0;
    const waitedMs = this.#ports.clock.now() - this.#waitingSinceMs;
    if (this.#runner.outputBytes > 0) return COMMIT.lingerMs - waitedMs;
    if (this.#outbox.owes(this.#runner.watermarkMs)) return COMMIT.watermarkLingerMs - waitedMs;
    return COMMIT.progressMs - waitedMs;
  }

  async #commit(signal: AbortSignal): Promise<"committed" | "fenced"> {
    const batches = this.#batches();
    this.#crash.at("before commit");
    const writing = this.#writer.write(batches, this.#checkpointSeq, signal);
    const result = await this.#meter.blocked(writing);
    this.#crash.at("commit sent, answer lost");
    if (result.kind === "fenced") return "fenced";
    await this.#committed(result);
    return "committed";
  }

  /** Everything since the last commit. */
  #batches(): Batches {
    const { messages, watermarkMs } = this.#runner.drain();
    const state = this.#stateLog.next(this.#runner.keys, this.#runner.changes(), () =>
      this.#runner.entries(),
    );
    const checkpoint = {
      deployment: this.#deployment,
      inSeqs: this.#inSeqs.map((_, input) => this.#doneSeq(input)),
      startSeqs: this.#startSeqs,
      progress: this.#runner.progress(),
      ...this.#stateLog.epochs(),
    };
    const contents = { ...state, output: this.#outbox.messages(messages, watermarkMs) };
    return this.#writer.batches(contents, checkpoint, this.#checkpointSeq);
  }

  async #committed({ checkpointSeq, baseSeq }: Written): Promise<void> {
    this.#checkpointSeq = checkpointSeq;
    this.#recordsAtCommit = this.#runner.counters.in;
    this.#readSinceCommit = this.#unfinished();
    this.#bytesSinceCommit = 0;
    this.#commits += 1;
    this.#report();
    const garbageSeq = this.#stateLog.committed(baseSeq);
    if (this.#stateLog.isWritingBase) this.#crash.at("state base half written");
    if (garbageSeq === null) return;
    const { stream, state } = this.#subjects;
    this.#crash.at("epoch switched, old one not purged");
    await this.#purge(stream, state, garbageSeq);
    this.#crash.at("old epoch purged");
  }

  #report(gap: Gap | null = null): void {
    const { counters, watermarkMs, keys: stateKeys } = this.#runner;
    const { bytes: stateBytes } = this.#stateLog;
    const commits = this.#commits;
    const times = this.#meter.times();
    this.#ports.report({ counters, commits, watermarkMs, times, stateKeys, stateBytes, gap });
  }

  /** Deletes old checkpoints and what this task alone reads and has processed. */
  async #sweep(): Promise<void> {
    const nowMs = this.#ports.clock.now();
    if (nowMs - this.#sweptMs < COMMIT.sweepMs) return;
    this.#sweptMs = nowMs;
    const { stream, checkpoint, progress } = this.#subjects;
    this.#crash.at("before sweep");
    await this.#retention.look();
    await this.#purge(stream, checkpoint, this.#checkpointSeq - 1);
    const { oldProgressSeq } = this.#writer;
    if (oldProgressSeq !== null) await this.#purge(stream, progress, oldProgressSeq);
    this.#crash.at("checkpoints swept, input not");
    for (const [input, source] of this.#sources.entries()) {
      if (!source.exclusive) continue;
      for (const subject of source.subjects) {
        await this.#purge(source.stream, subject, this.#doneSeq(input));
      }
    }
  }

  /** Through which sequence of an input everything is done: a message of which records are left is to be read again. */
  #doneSeq(input: number): number {
    const seq = this.#inSeqs[input] ?? 0;
    const unfinished = this.#runner.unfinished;
    return unfinished?.input === input ? Math.min(seq, unfinished.seq - 1) : seq;
  }

  /** What the log has no time for now stays until the next purge of the subject. */
  async #purge(stream: string, subject: string, throughSeq: number): Promise<void> {
    try {
      await this.#ports.log.purge(stream, subject, throughSeq);
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    }
  }
}

/** A record of a topic is never cut in parts: it has to fit a message of the server. */
function drainFor({ messageBytesMax }: Log, drain: DrainLimits): DrainLimits {
  const messageBytes = Math.max(messageBytesMax, TOPIC_MESSAGE_BYTES_MIN);
  return { ...drain, messageBytes: Math.min(drain.messageBytes, messageBytes) };
}
