// A stage task: owns one stage partition; reads from its checkpoint, steps, commits outputs and the new
// checkpoint as one fenced batch. Whatever crashes, the next owner starts from the last commit, and what
// was not committed never happened.

import { type Deployment, deploymentId, stageOf, type TaskId } from "../../plan/deployment.ts";
import { assert } from "../core/assert.ts";
import { DRAIN, type DrainLimits, drainFor } from "../core/drain-limits.ts";
import type { Counters } from "../core/message.ts";
import { isBusy, StageRunner } from "../core/stage-runner.ts";
import { type CrashPoints, NO_CRASH_POINTS } from "../crash-points.ts";
import { type Clock, type Log, type LogMessage, LogUnavailable } from "../ports.ts";
import { BATCH_SIZES, type Batches, type BatchSizes } from "./batches.ts";
import { type CheckpointSubjects, checkpointSubjects, loadCheckpoint } from "./checkpoint.ts";
import { COMMIT, CommitPace } from "./commit-pace.ts";
import { Doing } from "./doing.ts";
import type { Failure } from "./failure.ts";
import { InputQueue } from "./input-queue.ts";
import { Meter, type TaskTimes } from "./meter.ts";
import { Outbox } from "./outbox.ts";
import { Patience } from "./patience.ts";
import { type Gap, Retention } from "./retention.ts";
import { Setback, type Standing } from "./setback.ts";
import { isBeforeStart, sourcesOf, type TaskSource } from "./sources.ts";
import { NO_STATE, STATE_SIZES, StateLog, type StateSizes } from "./state-log.ts";
import type { Checkpoint } from "./stored.ts";
import { CommitWriter, type Written } from "./write-commit.ts";

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
  /** The failure that it has not got past yet. */
  readonly failure: Failure | null;
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
 * @throws LogUnavailable when the log cannot be reached while starting; TaskFault for everything else that is
 *   thrown. The caller notes it (`FailureLog`) and starts the task again.
 */
export async function runStageTask(
  deployment: Deployment,
  id: TaskId,
  ports: TaskPorts,
  signal: AbortSignal,
): Promise<TaskEnd> {
  const task = new StageTask(deployment, id, ports);
  try {
    return (await task.open(signal)) ?? (await task.run(signal));
  } catch (error) {
    throw error instanceof LogUnavailable ? error : task.doing.fault(error);
  }
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
  readonly #pace: CommitPace;
  readonly #retention: Retention;
  readonly #id: TaskId;
  readonly #from: Deployment;
  #setback: Setback | null = null;
  readonly doing: Doing;
  #inSeqs: number[] = [];
  #startSeqs: (readonly number[])[] = [];
  #checkpointSeq = 0;
  #stateLog: StateLog;
  readonly #writer: CommitWriter;
  #commits = 0;
  #sweptMs: number;

  /** Reads the checkpoint back, once it is its turn. @returns how it ended already, if it did */
  async open(signal: AbortSignal): Promise<TaskEnd | null> {
    const { log, clock } = this.#ports;
    const restored = await loadCheckpoint(log, this.#subjects);
    if (restored?.checkpoint.deployment !== this.#deployment) return "fenced";
    const { checkpoint, seq, state } = restored;
    this.#crash.at("checkpoint read");
    const standing = { seq, inSeqs: checkpoint.inSeqs, busy: isBusy(checkpoint.progress) };
    this.#setback = await Setback.read(log, clock, this.#from, this.#id, standing);
    if (!(await this.#takeTurn(checkpoint, signal))) return "stopped";
    const sizes = this.#sizes.state;
    for (const part of state.parts) {
      this.#runner.load(part);
      this.#crash.at("state half loaded");
      await clock.sleep(0); // The other tasks of this thread go on meanwhile.
    }
    this.#runner.resume(checkpoint.progress);
    this.#inSeqs = [...checkpoint.inSeqs];
    this.#startSeqs = [...checkpoint.startSeqs];
    this.#checkpointSeq = seq;
    this.#stateLog = new StateLog(this.#subjects.state, checkpoint, state, sizes);
    this.#pace.committed(this.#runner, this.#unfinished());
    this.#crash.at("state loaded");
    this.doing.isOpen = true;
    return null;
  }

  /** Waits for the next try after a failure, and says so. @returns false when it was told to end meanwhile */
  async #takeTurn({ progress }: Checkpoint, signal: AbortSignal): Promise<boolean> {
    if (this.#setback?.failure == null) return true;
    Object.assign(this.#runner.counters, structuredClone(progress.counters));
    this.#report();
    await this.#setback.wait(signal);
    return !signal.aborted;
  }

  #standing(): Standing {
    return { seq: this.#checkpointSeq, inSeqs: this.#inSeqs, busy: this.#runner.busy };
  }

  constructor(deployment: Deployment, id: TaskId, ports: TaskPorts) {
    const stage = stageOf(deployment, id.stage);
    this.#deployment = deploymentId(deployment);
    this.#id = id;
    this.#from = deployment;
    this.#ports = ports;
    this.#crash = ports.crash ?? NO_CRASH_POINTS;
    this.#pace = new CommitPace(ports.clock);
    this.#meter = new Meter(ports.clock, () => this.#report());
    this.#sizes = ports.sizes ?? TASK_SIZES;
    this.#runner = new StageRunner(
      deployment.plan,
      stage,
      drainFor(ports.log.messageBytesMax, this.#sizes.drain),
    );
    this.#outbox = new Outbox(deployment, id, stage);
    this.#subjects = checkpointSubjects(deployment, id);
    this.#sources = sourcesOf(deployment, id, stage);
    const { log } = ports;
    this.#writer = new CommitWriter({ log, crash: this.#crash }, this.#subjects, this.#sizes.batch);
    this.doing = new Doing(this.#sources, this.#runner);
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
    if (this.#pace.hasWork) await this.#commit(signal);
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
        this.doing.turnTo(batch?.input ?? 0, message);
        if (this.#setback?.isCareful === true) await this.#noteTry(this.#setback);
        this.#step(batch?.input ?? 0, message);
        if ((await this.#finishMessage(signal, patience)) === "fenced") return "fenced";
        if (this.#isFull() && (await this.#commit(patience)) === "fenced") return "fenced";
      }
      if (this.#msUntilCommit() > 0) continue;
      if ((await this.#commit(patience)) === "fenced") return "fenced";
      await this.#sweep();
    }
    if (!this.#pace.hasWork || this.#isHeld()) return "stopped";
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
  #unfinished(): boolean {
    return this.#runner.busy || this.#outbox.owes(this.#runner.watermarkMs);
  }

  #step(input: number, message: LogMessage): void {
    const source = this.#sources[input];
    assert(source !== undefined, `no source ${input}`);
    const gap = this.#retention.gapBefore(input, this.#inSeqs[input] ?? 0, message.seq);
    if (gap !== null) this.#lose(gap);
    if (this.#counts(input, message)) {
      const aside = this.#setback?.asideOf(input, message.seq) ?? null;
      this.#runner.push(source.toInput(message), aside);
    }
    this.#inSeqs[input] = message.seq;
    this.#pace.read(message.payload.length);
  }

  async #noteTry(setback: Setback): Promise<void> {
    const place = this.doing.place();
    if (place !== null) await setback.trying(place, this.#checkpointSeq);
  }

  /** Whether a failed try is to be repeated before anything is stored. */
  #isHeld(): boolean {
    return this.#setback?.holds(this.#inSeqs) === true;
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
    const isDue = this.#setback?.isDue(this.#inSeqs) === true;
    return isDue || this.#pace.isFull(this.#runner, this.#stateLog.entryBytes);
  }

  /** How long the next commit may wait; endless when there is nothing to commit. */
  #msUntilCommit(): number {
    if (!this.#pace.hasWork) return Number.POSITIVE_INFINITY;
    const { lingerMs, watermarkLingerMs, progressMs } = COMMIT;
    if (this.#isHeld()) return this.#pace.msUntilCommit(progressMs);
    if (this.#runner.outputBytes > 0) return this.#pace.msUntilCommit(lingerMs);
    const owes = this.#outbox.owes(this.#runner.watermarkMs);
    return this.#pace.msUntilCommit(owes ? watermarkLingerMs : progressMs);
  }

  async #commit(signal: AbortSignal): Promise<"committed" | "fenced"> {
    this.doing.isCommitting = true;
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
    this.#pace.committed(this.#runner, this.#unfinished());
    this.#commits += 1;
    this.doing.isCommitting = false;
    await this.#setback?.committed(this.#standing());
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
    const failure = this.#setback?.failure ?? null;
    const kept = { stateKeys, stateBytes };
    this.#ports.report({ counters, commits, watermarkMs, times, ...kept, gap, failure });
  }

  /** Deletes old checkpoints and what this task alone reads and has processed. */
  async #sweep(): Promise<void> {
    const nowMs = this.#ports.clock.now();
    if (nowMs - this.#sweptMs < COMMIT.sweepMs) return;
    this.#sweptMs = nowMs;
    const { stream, checkpoint, progress } = this.#subjects;
    this.#crash.at("before sweep");
    await this.#retention.look();
    await this.#setback?.sweep();
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
