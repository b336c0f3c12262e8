// What a worker lets everybody see of the tasks it runs: how they spend their time. It is for people, kept
// apart from checkpoints, and gone when the worker is.

import type { Clock } from "./ports.ts";
import type { TaskTimes } from "./task/meter.ts";
import type { TaskReport } from "./task/stage-task.ts";
import type { WorkerEvent } from "./worker.ts";

/** Between two reports of a worker. */
export const REPORT_EVERY_MS = 2000;
/** A task that has not been heard of for this long has had nothing to do: it commits or waits sooner. */
export const QUIET_AFTER_MS = 6000;

/** How a task has spent the last seconds. */
export type TaskActivity = {
  /** Shares of the time, 0 to 1: at work, and waiting for the log to take a commit. */
  readonly busy: number;
  readonly blocked: number;
  /** All it has waited for the log since it began here, milliseconds. */
  readonly blockedMs: number;
  readonly stateKeys: number;
  readonly stateBytes: number;
};

/** What one worker says, by task name. */
export type WorkerReport = {
  readonly worker: string;
  readonly tasks: Readonly<Record<string, TaskActivity>>;
};

/** Where workers report. */
export interface ReportBoard {
  publish(report: WorkerReport): Promise<void>;
  /** Of the workers that reported lately. */
  read(): Promise<WorkerReport[]>;
}

type Heard = { readonly times: TaskTimes; readonly atMs: number; readonly activity: TaskActivity };

const NO_TIMES: TaskTimes = { totalMs: 0, idleMs: 0, blockedMs: 0 };

/** Gathers the events of a worker into its report. */
export class Reporter {
  readonly #worker: string;
  readonly #clock: Clock;
  readonly #latest = new Map<string, TaskReport>();
  readonly #heard = new Map<string, Heard>();

  constructor(worker: string, clock: Clock) {
    this.#worker = worker;
    this.#clock = clock;
  }

  take(event: WorkerEvent): void {
    switch (event.kind) {
      case "progress":
        this.#latest.set(event.task, event.report);
        break;
      case "started":
      case "stopped":
      case "fenced":
      case "failed":
        this.#latest.delete(event.task);
        this.#heard.delete(event.task);
        break;
      case "lost":
      case "heartbeat-failed":
      case "watch-failed":
      case "unreadable":
      case "leave-failed":
        break;
    }
  }

  /** What has become of each task since the last call. */
  next(): WorkerReport {
    const nowMs = this.#clock.now();
    for (const [task, report] of this.#latest) {
      const before = this.#heard.get(task)?.times ?? NO_TIMES;
      this.#heard.set(task, {
        times: report.times,
        atMs: nowMs,
        activity: activityOf(report, before),
      });
    }
    this.#latest.clear();
    const tasks: Record<string, TaskActivity> = {};
    for (const [task, { atMs, activity }] of this.#heard) {
      const quiet = nowMs - atMs > QUIET_AFTER_MS;
      tasks[task] = quiet ? { ...activity, busy: 0, blocked: 0 } : activity;
    }
    return { worker: this.#worker, tasks };
  }
}

function activityOf(report: TaskReport, before: TaskTimes): TaskActivity {
  const { times, stateKeys, stateBytes } = report;
  const totalMs = Math.max(1, times.totalMs - before.totalMs);
  const blockedMs = times.blockedMs - before.blockedMs;
  const busyMs = totalMs - blockedMs - (times.idleMs - before.idleMs);
  const share = (ms: number): number => Math.min(1, Math.max(0, ms / totalMs));
  const { blockedMs: sumMs } = times;
  return {
    busy: share(busyMs),
    blocked: share(blockedMs),
    blockedMs: sumMs,
    stateKeys,
    stateBytes,
  };
}

/** Publishes the worker's report again and again until the signal aborts. */
export async function keepReporting(
  reporter: Reporter,
  board: ReportBoard,
  clock: Clock,
  onFailure: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(REPORT_EVERY_MS, signal);
    const report = reporter.next();
    if (signal.aborted || Object.keys(report.tasks).length === 0) continue;
    try {
      await board.publish(report);
    } catch (error) {
      onFailure(error);
    }
  }
}
