// The worker's metrics, counted from the events that its log is made of.

import { Counter, Registry } from "prom-client";
import {
  type Failure,
  type FaultKind,
  faultOf,
  isFailing,
  kindOf,
} from "../../runtime/task/failure.ts";
import type { TaskReport } from "../../runtime/task/stage-task.ts";
import type { WorkerEvent } from "../../runtime/worker.ts";
import { failureText } from "../failing.ts";
import { sumCounters } from "../task-progress.ts";
import { mirror } from "./mirror.ts";

/** After a heartbeat that failed the others may have taken our tasks over. */
const HEARTBEAT_TROUBLE_MS = 6000;

export class WorkerMetrics {
  readonly registry = new Registry();
  readonly #nowMs: () => number;
  readonly #running = new Set<string>();
  readonly #reports = new Map<string, TaskReport>();
  /** Those of the tasks of its own that have failed too often at one place. */
  readonly #failing = new Map<string, Failure>();
  readonly #failures: Counter<"kind">;
  readonly #counts = { fenced: 0, heartbeats: 0 };
  #heartbeatFailedAtMs: number | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#failures = new Counter({
      name: "fpaas_worker_task_failures_total",
      help: "Tasks that failed and are started again, by what they were doing or lacked",
      labelNames: ["kind"],
      registers: [this.registry],
    });
    for (const kind of KINDS) this.#failures.inc({ kind }, 0);
    const sum = () => sumCounters([...this.#reports.values()].map(({ counters }) => counters));
    mirror(this.registry, {
      fpaas_worker_tasks: ["gauge", "Tasks running here", () => this.#running.size],
      fpaas_worker_tasks_failing: [
        "gauge",
        "Tasks of this worker that have failed 4 times or more at one place and are not past it",
        () => this.#failing.size,
      ],
      fpaas_worker_tasks_fenced_total: [
        "counter",
        "Tasks another worker had taken over",
        () => this.#counts.fenced,
      ],
      fpaas_worker_heartbeat_failures_total: [
        "counter",
        "Heartbeats NATS did not take",
        () => this.#counts.heartbeats,
      ],
      fpaas_worker_task_messages_lost: [
        "gauge",
        "Messages deleted before the tasks that ran here read them, at most, since their pipelines began",
        () => sum().lost,
      ],
      fpaas_worker_task_state_keys: [
        "gauge",
        "Entries of state that the tasks running here keep",
        () => this.#kept(({ stateKeys }) => stateKeys),
      ],
      fpaas_worker_task_state_bytes: [
        "gauge",
        "Bytes of that state in the log: the last base, and the changes since",
        () => this.#kept(({ stateBytes }) => stateBytes),
      ],
      fpaas_worker_task_records_in: [
        "gauge",
        "Records read by the tasks that ran here, since their pipelines began",
        () => sum().in,
      ],
      fpaas_worker_task_records_out: [
        "gauge",
        "Records sent by the tasks that ran here, since their pipelines began",
        () => sum().out,
      ],
      fpaas_worker_task_records_late: [
        "gauge",
        "Late records of the tasks that ran here, since their pipelines began",
        () => sum().late,
      ],
      fpaas_worker_task_dead_letters: [
        "gauge",
        "Dead letters of the tasks that ran here, since their pipelines began",
        () => sum().deadLetters,
      ],
    });
  }

  take(event: WorkerEvent): void {
    switch (event.kind) {
      case "started":
        this.#running.add(event.task);
        return;
      case "stopped":
        this.#forget(event.task);
        return;
      case "fenced":
        this.#forget(event.task);
        this.#counts.fenced += 1;
        return;
      case "failed":
        this.#forget(event.task);
        this.#failures.inc({ kind: kindOf(event.failure ?? faultOf(event.error)) });
        this.#takeFailure(event.task, event.failure);
        return;
      case "progress":
        this.#takeFailure(event.task, event.report.failure);
        this.#reports.set(event.task, event.report);
        return;
      case "heartbeat-failed":
        this.#counts.heartbeats += 1;
        this.#heartbeatFailedAtMs = this.#nowMs();
        return;
      case "lost":
      case "watch-failed":
      case "unreadable":
      case "leave-failed":
        return;
    }
  }

  #forget(task: string): void {
    this.#running.delete(task);
    this.#failing.delete(task);
  }

  #takeFailure(task: string, failure: Failure | null): void {
    if (failure !== null && isFailing(failure)) this.#failing.set(task, failure);
    else this.#failing.delete(task);
  }

  /** What fails, one line a task. */
  notes(): string[] {
    return [...this.#failing].map(([task, one]) => failureText(task, one, this.#nowMs()));
  }

  /** Over the tasks running now: what another worker runs counts there. */
  #kept(of: (report: TaskReport) => number): number {
    const running = [...this.#reports].filter(([task]) => this.#running.has(task));
    return running.reduce((sum, [, report]) => sum + of(report), 0);
  }

  troubles(): string[] {
    const failedAtMs = this.#heartbeatFailedAtMs;
    const isRecent = failedAtMs !== null && this.#nowMs() - failedAtMs < HEARTBEAT_TROUBLE_MS;
    const troubles = isRecent ? ["nats: the last heartbeat failed"] : [];
    const isAnyAtWork = [...this.#running].some((task) => !this.#failing.has(task));
    if (this.#failing.size > 0 && !isAnyAtWork) troubles.push("every task of this worker fails");
    return troubles;
  }
}

const KINDS: readonly FaultKind[] = [
  "start",
  "message",
  "advance",
  "commit",
  "crash",
  "memory",
  "state",
  "log",
];
