// What a worker tells, for people: troubles as lines, the rest as progress.

import type { TaskReport } from "../runtime/task/stage-task.ts";
import type { WorkerEvent } from "../runtime/worker.ts";
import { describe } from "./report-error.ts";
import { sumCounters } from "./task-progress.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { formatCount, formatDuration, plural } from "./terminal/units.ts";

export class WorkerLog {
  readonly #terminal: Terminal;
  readonly #running = new Set<string>();
  /** The last report of every task, running or not. */
  readonly #reports = new Map<string, TaskReport>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  take(event: WorkerEvent): void {
    switch (event.kind) {
      case "started":
        this.#running.add(event.task);
        break;
      case "stopped":
        this.#running.delete(event.task);
        break;
      case "fenced":
        this.#running.delete(event.task);
        this.#terminal.say(`${event.task}: another worker has taken it over`);
        break;
      case "failed":
        this.#running.delete(event.task);
        this.#terminal.complain(
          `${event.task}: failed, again in ${formatDuration(event.retryMs)}: ${describe(event.error)}`,
        );
        break;
      case "progress":
        this.#reports.set(event.task, event.report);
        this.#terminal.progress(`${plural(this.#running.size, "task")}: ${this.summary()}`);
        break;
      case "heartbeat-failed":
        this.#terminal.complain(`heartbeat failed: ${describe(event.error)}`);
        break;
    }
  }

  /** Counters of every task this worker ran, as of its last commit. */
  summary(): string {
    const sum = sumCounters([...this.#reports.values()].map(({ counters }) => counters));
    return `in ${formatCount(sum.in)}, out ${formatCount(sum.out)}, late ${formatCount(sum.late)}, dead letters ${formatCount(sum.deadLetters)}`;
  }
}
