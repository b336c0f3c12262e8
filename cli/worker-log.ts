// What a worker tells, for people: troubles as lines, the rest as progress.

import { type Failure, isFailing, whereText } from "../runtime/task/failure.ts";
import type { Gap } from "../runtime/task/retention.ts";
import type { TaskReport } from "../runtime/task/stage-task.ts";
import type { WorkerEvent } from "../runtime/worker.ts";
import { isExpected } from "./exit-codes.ts";
import { failureText, oneLine } from "./failing.ts";
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

  /** Those that have failed too often at one place, and have been said to. */
  readonly #waiting = new Set<string>();

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
        if (event.failure !== null && isFailing(event.failure)) this.#waiting.add(event.task);
        this.#takeFailure(event);
        break;
      case "progress":
        if (event.report.failure !== null) {
          if (event.report.commits === 0) this.#takeSetback(event.task, event.report.failure);
        } else {
          this.#failures.delete(event.task);
          if (this.#waiting.delete(event.task)) this.#terminal.say(`${event.task}: goes on`);
        }
        this.#reports.set(event.task, event.report);
        if (event.report.failure !== null) break; // It waits, or tries again: no progress to be told.
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

  /**
   * The 1st, 2nd, 4th, 8th … time: a task that fails for ever is not silent, and does not flood. Where its failures
   * are known beyond this process, it is their number that counts.
   */
  #takeFailure({ task, error, retryMs, failure }: Extract<WorkerEvent, { kind: "failed" }>): void {
    const reason = oneLine(failure?.reason ?? briefly(error));
    const where = failure === null ? "" : ` ${whereText(failure)}`;
    const last = this.#failures.get(task);
    const here = last?.reason === reason ? last.times + 1 : 1;
    this.#failures.set(task, { reason, times: here });
    const times = failure?.count ?? here;
    if (!Number.isInteger(Math.log2(times))) return;
    const failed = times === 1 ? "failed" : `failed ${times} times`;
    const next = `again in ${formatDuration(retryMs)}`;
    const bug = times === 1 ? placeInCode(error) : "";
    this.#terminal.complain(`${task}: ${failed}${where}, ${next}: ${reason}${bug}`);
  }

  /** A task of another worker, or of an earlier run, that waits for its next try here. */
  #takeSetback(task: string, failure: Failure): void {
    if (this.#waiting.has(task) || !isFailing(failure)) return;
    this.#waiting.add(task);
    this.#terminal.complain(failureText(task, failure, Date.now()));
  }

  /** Counters of every task this worker ran, as of its last commit. */
  summary(): string {
    const sum = sumCounters([...this.#reports.values()].map(({ counters }) => counters));
    return `in ${formatCount(sum.in)}, out ${formatCount(sum.out)}, late ${formatCount(sum.late)}, dead letters ${formatCount(sum.deadLetters)}`;
  }
}

/** Without the stack that a bug is told with elsewhere. */
function briefly(error: unknown): string {
  return error instanceof Error ? error.message : describe(error);
}

/** Where in the code a bug was met: enough to find it, in one line. */
function placeInCode(error: unknown): string {
  if (!(error instanceof Error) || isExpected(error)) return "";
  const frame = /\n\s*at (.*)/.exec(error.stack ?? "")?.[1];
  const at = frame?.replace(/file:\/\/\S*\/(?=[^/]+:\d)/, "");
  return at === undefined ? "" : ` (a bug of fpaas, please report it: ${at})`;
}

/** `at most`: which of them the task would have read is not known any more. */
function lossText({ stream, fromSeq, toSeq }: Gap): string {
  const most = formatCount(toSeq - fromSeq + 1);
  return `${stream} has deleted ${fromSeq} to ${toSeq} before they were read: at most ${most} messages lost, going on after them`;
}
