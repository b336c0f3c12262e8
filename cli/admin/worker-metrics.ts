// The worker's metrics, counted from the events that its log is made of.

import { Registry } from "prom-client";
import type { TaskReport } from "../../runtime/task/stage-task.ts";
import type { WorkerEvent } from "../../runtime/worker.ts";
import { sumCounters } from "../task-progress.ts";
import { mirror } from "./mirror.ts";

/** After a heartbeat that failed the others may have taken our tasks over. */
const HEARTBEAT_TROUBLE_MS = 6000;

export class WorkerMetrics {
  readonly registry = new Registry();
  readonly #nowMs: () => number;
  readonly #running = new Set<string>();
  readonly #reports = new Map<string, TaskReport>();
  readonly #counts = { failed: 0, fenced: 0, heartbeats: 0 };
  #heartbeatFailedAtMs: number | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    const sum = () => sumCounters([...this.#reports.values()].map(({ counters }) => counters));
    mirror(this.registry, {
      fpaas_worker_tasks: ["gauge", "Tasks running here", () => this.#running.size],
      fpaas_worker_task_failures_total: [
        "counter",
        "Tasks that failed and are started again",
        () => this.#counts.failed,
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
        this.#running.delete(event.task);
        return;
      case "fenced":
        this.#running.delete(event.task);
        this.#counts.fenced += 1;
        return;
      case "failed":
        this.#running.delete(event.task);
        this.#counts.failed += 1;
        return;
      case "progress":
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

  /** Over the tasks running now: what another worker runs counts there. */
  #kept(of: (report: TaskReport) => number): number {
    const running = [...this.#reports].filter(([task]) => this.#running.has(task));
    return running.reduce((sum, [, report]) => sum + of(report), 0);
  }

  troubles(): string[] {
    const failedAtMs = this.#heartbeatFailedAtMs;
    const isRecent = failedAtMs !== null && this.#nowMs() - failedAtMs < HEARTBEAT_TROUBLE_MS;
    return isRecent ? ["nats: the last heartbeat failed"] : [];
  }
}
