// A worker: watches what is deployed and who else is alive, runs the tasks that are its own, and starts
// again what failed. Tasks run in a host (threads); nothing here touches a record.

import { type Deployment, isRunnable, type TaskId, taskName, tasksOf } from "../plan/deployment.ts";
import { type CrashPoints, NO_CRASH_POINTS } from "./crash-points.ts";
import type { DeploymentChange, DeploymentStore, Membership } from "./deployments.ts";
import { ownerOf } from "./ownership.ts";
import { type Clock, LogUnavailable } from "./ports.ts";
import { type Failure, type Fault, faultOf, isOutage, retryMs } from "./task/failure.ts";
import type { Gap } from "./task/retention.ts";
import type { TaskEnd, TaskReport } from "./task/stage-task.ts";

/** How often a worker announces itself and looks for the others. */
export const HEARTBEAT_MS = 1000;
/** How long a task that was fenced stays away, so that two workers do not fight. */
export const FENCED_PAUSE_MS = 5000;

/** Runs tasks somewhere. */
export interface TaskHost {
  start(deployment: Deployment, task: TaskId, report: (report: TaskReport) => void): RunningTask;
}

export interface RunningTask {
  /** How it ended; rejects when it failed. */
  readonly done: Promise<TaskEnd>;
  /** Asks it to commit what it has and end. */
  stop(): void;
}

/** What a worker tells the one who started it. */
export type WorkerEvent =
  | { readonly kind: "started"; readonly task: string }
  | { readonly kind: "stopped"; readonly task: string }
  | { readonly kind: "fenced"; readonly task: string }
  | {
      readonly kind: "failed";
      readonly task: string;
      readonly error: unknown;
      readonly retryMs: number;
      /** What is known of it by now; null when nothing could be noted, so nothing can be said but this. */
      readonly failure: Failure | null;
    }
  | { readonly kind: "progress"; readonly task: string; readonly report: TaskReport }
  /** The stream has deleted what the task had not read; it goes on with what is left. */
  | { readonly kind: "lost"; readonly task: string; readonly gap: Gap }
  | { readonly kind: "heartbeat-failed"; readonly error: unknown }
  /** What is deployed meanwhile shows when the watch is there again; tasks run on. */
  | { readonly kind: "watch-failed"; readonly error: unknown }
  /** What is stored under `key` is not run: it cannot be read. */
  | { readonly kind: "unreadable"; readonly key: string; readonly reason: string }
  /** The others were not told that this worker has stopped; they notice when its heartbeat expires. */
  | { readonly kind: "leave-failed"; readonly error: unknown };

/** Where failures of tasks are kept (`FailureLog`), for whoever starts them next. */
export interface FailureNotes {
  /** @returns null when there is nothing to note it of. @throws LogUnavailable */
  note(deployment: Deployment, task: TaskId, fault: Fault): Promise<Failure | null>;
}

export type WorkerPorts = {
  readonly store: DeploymentStore;
  readonly membership: Membership;
  readonly host: TaskHost;
  readonly failures: FailureNotes;
  readonly clock: Clock;
  readonly onEvent: (event: WorkerEvent) => void;
  readonly crash?: CrashPoints;
};

type Slot = {
  readonly deployment: Deployment;
  readonly task: TaskId;
  readonly running: RunningTask;
  readonly ended: Promise<void>;
};

export class Worker {
  readonly #id: string;
  readonly #ports: WorkerPorts;
  readonly #crash: CrashPoints;
  readonly #deployments = new Map<string, Deployment>();
  readonly #slots = new Map<string, Slot>();
  /** Until when a task is not to be started here, and how often it failed in a row by what is known here. */
  readonly #pauses = new Map<string, { untilMs: number; streak: number }>();
  #alive: readonly string[];
  #stopping = false;

  /** @param id unique among the live workers. */
  constructor(id: string, ports: WorkerPorts) {
    this.#id = id;
    this.#ports = ports;
    this.#crash = ports.crash ?? NO_CRASH_POINTS;
    this.#alive = [id];
  }

  /** Tasks running now. */
  get tasks(): number {
    return this.#slots.size;
  }

  /**
   * Runs until the signal aborts; then every task commits and ends, and the others are told.
   * @throws what the watch of the deployments threw, after the same clean end; not when it was an outage
   */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    await this.#heartbeat();
    const beating = this.#beatUntil(AbortSignal.any([signal, ended.signal]));
    try {
      while ((await this.#watch(signal)) === "again") {
        await this.#ports.clock.sleep(HEARTBEAT_MS, signal);
      }
    } finally {
      ended.abort();
      await Promise.all([beating, this.#stopAll()]);
      await this.#leave();
    }
  }

  async #watch(signal: AbortSignal): Promise<"over" | "again"> {
    try {
      for await (const change of this.#ports.store.watch(signal)) this.#take(change);
      return "over";
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      if (signal.aborted) return "over";
      this.#ports.onEvent({ kind: "watch-failed", error });
      return "again";
    }
  }

  #take(change: DeploymentChange): void {
    const { key } = change;
    this.#crash.at("deployment seen, tasks not started");
    switch (change.kind) {
      case "deployed":
        this.#deployments.set(key, change.deployment);
        break;
      case "deleted":
        this.#deployments.delete(key);
        break;
      case "unreadable":
        // An older version of it may have run here: its successor has replaced that, unreadable or not.
        this.#deployments.delete(key);
        this.#ports.onEvent(change);
        break;
    }
    this.#reconcile();
  }

  async #beatUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#ports.clock.sleep(HEARTBEAT_MS, signal);
      if (!signal.aborted) await this.#heartbeat();
    }
  }

  async #heartbeat(): Promise<void> {
    try {
      await this.#ports.membership.beat(this.#id);
      const alive = await this.#ports.membership.alive();
      this.#alive = alive.includes(this.#id) ? alive : [...alive, this.#id];
    } catch (error) {
      this.#ports.onEvent({ kind: "heartbeat-failed", error });
    }
    this.#reconcile();
  }

  /** Starts what should run here and does not, stops what does and should not. */
  #reconcile(): void {
    if (this.#stopping) return;
    const wanted = new Map<string, [Deployment, TaskId]>();
    for (const deployment of this.#deployments.values()) {
      if (!isRunnable(deployment)) continue;
      for (const task of tasksOf(deployment)) {
        const name = taskName(deployment, task);
        if (ownerOf(name, this.#alive) === this.#id) wanted.set(name, [deployment, task]);
      }
    }
    for (const [name, slot] of this.#slots) {
      // A pipeline deleted and deployed again may have the old version's number, and so its names.
      const [deployment] = wanted.get(name) ?? [];
      if (deployment?.deployedAtMs !== slot.deployment.deployedAtMs) slot.running.stop();
    }
    for (const [name, [deployment, task]] of wanted) {
      if (!this.#slots.has(name) && !this.#paused(name)) this.#start(name, deployment, task);
    }
  }

  #start(name: string, deployment: Deployment, task: TaskId): void {
    const { host, onEvent } = this.#ports;
    const running = host.start(deployment, task, (report) => {
      if (report.failure === null && report.commits > 0) this.#pauses.delete(name);
      if (report.gap !== null) onEvent({ kind: "lost", task: name, gap: report.gap });
      onEvent({ kind: "progress", task: name, report });
    });
    const ended = this.#watchEnd(name, running, { deployment, task });
    this.#slots.set(name, { deployment, task, running, ended });
    onEvent({ kind: "started", task: name });
    this.#crash.at("task started");
  }

  async #watchEnd(
    name: string,
    running: RunningTask,
    of: { readonly deployment: Deployment; readonly task: TaskId },
  ): Promise<void> {
    const { clock, onEvent } = this.#ports;
    try {
      const end = await running.done;
      if (end === "fenced") {
        this.#pauses.set(name, { untilMs: clock.now() + FENCED_PAUSE_MS, streak: 0 });
      }
      onEvent({ kind: end, task: name });
    } catch (error) {
      const failure = await this.#note(of.deployment, of.task, error);
      const nowMs = clock.now();
      const streak = failure?.streak ?? (this.#pauses.get(name)?.streak ?? 0) + 1;
      const waitMs = failure === null ? retryMs(streak) : failure.nextTryMs - nowMs;
      this.#pauses.set(name, { untilMs: nowMs + waitMs, streak });
      onEvent({ kind: "failed", task: name, error, retryMs: waitMs, failure });
    }
    this.#slots.delete(name);
    this.#crash.at("task ended");
    this.#reconcile();
  }

  /**
   * Null when the log is away, for the task or for us, or the note fails of what the task failed of: its failures
   * are counted here alone then.
   */
  async #note(deployment: Deployment, task: TaskId, error: unknown): Promise<Failure | null> {
    const fault = faultOf(error);
    if (isOutage(fault)) return null;
    try {
      return await this.#ports.failures.note(deployment, task, fault);
    } catch {
      return null;
    }
  }

  #paused(name: string): boolean {
    const pause = this.#pauses.get(name);
    return pause !== undefined && this.#ports.clock.now() < pause.untilMs;
  }

  async #stopAll(): Promise<void> {
    this.#stopping = true;
    for (const slot of this.#slots.values()) slot.running.stop();
    await Promise.all([...this.#slots.values()].map((slot) => slot.ended));
  }

  async #leave(): Promise<void> {
    try {
      await this.#ports.membership.leave(this.#id);
    } catch (error) {
      this.#ports.onEvent({ kind: "leave-failed", error });
    }
  }
}
