// What a worker tells, for people: troubles as lines, the rest as progress.

import type { Gap } from "../runtime/task/retention.ts";
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
  /** By task: why it failed last, and how often it did for that reason without progress in between. */
  readonly #failures = new Map<string, { readonly reason: string; readonly times: number }>();

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
        this.#takeFailure(event);
        break;
      case "progress":
        this.#failures.delete(event.task);
        this.#reports.set(event.task, event.report);
        this.#terminal.progress(`${plural(this.#running.size, "task")}: ${this.summary()}`);
        break;
      case "lost":
        this.#terminal.complain(`${event.task}: ${lossText(event.gap)}`);
        break;
      case "heartbeat-failed":
        this.#terminal.complain(`heartbeat failed: ${describe(event.error)}`);
        break;
      case "watch-failed":
        this.#terminal.complain(`new deploys are not seen just now: ${describe(event.error)}`);
        break;
      case "unreadable":
        this.#terminal.complain(
          `${event.key}: not run, what is deployed there cannot be read: ${event.reason}`,
        );
        break;
      case "leave-failed":
        this.#terminal.complain(`the other workers were not told: ${describe(event.error)}`);
        break;
    }
  }

  /** Others cannot see how its tasks are doing. */
  reportFailed(error: unknown): void {
    this.#terminal.say(`the report for \`fpaas status\` was not stored: ${describe(error)}`);
  }

  /** The 1st, 2nd, 4th, 8th … time: a task that fails for ever is not silent, and does not flood. */
  #takeFailure({ task, error, retryMs }: Extract<WorkerEvent, { kind: "failed" }>): void {
    const reason = describe(error);
    const last = this.#failures.get(task);
    const times = last?.reason === reason ? last.times + 1 : 1;
    this.#failures.set(task, { reason, times });
    if (!Number.isInteger(Math.log2(times))) return;
    const failed = times === 1 ? "failed" : `failed ${times} times`;
    this.#terminal.complain(`${task}: ${failed}, again in ${formatDuration(retryMs)}: ${reason}`);
  }

  /** Counters of every task this worker ran, as of its last commit. */
  summary(): string {
    const sum = sumCounters([...this.#reports.values()].map(({ counters }) => counters));
    return `in ${formatCount(sum.in)}, out ${formatCount(sum.out)}, late ${formatCount(sum.late)}, dead letters ${formatCount(sum.deadLetters)}`;
  }
}

/** `at most`: which of them the task would have read is not known any more. */
function lossText({ stream, fromSeq, toSeq }: Gap): string {
  const most = formatCount(toSeq - fromSeq + 1);
  return `${stream} has deleted ${fromSeq} to ${toSeq} before they were read: at most ${most} messages lost, going on after them`;
}
