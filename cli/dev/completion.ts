// Waits until deployed pipelines have seen the end of their input: a recording is through and every
// window is closed.

import type { Deployment } from "../../plan/deployment.ts";
import type { Counters } from "../../runtime/core/message.ts";
import type { Clock, Log } from "../../runtime/ports.ts";
import { isThrough, readProgress, sumCounters, type TaskProgress } from "../task-progress.ts";

const POLL_MS = 150;

/** Resolves when every task of every deployment is through, or the signal aborts. */
export async function untilThrough(
  log: Log,
  deployments: readonly Deployment[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (const deployment of deployments) {
    while (!signal.aborted && !(await readProgress(log, deployment)).every(isThrough)) {
      await clock.sleep(POLL_MS, signal);
    }
  }
}

/** Whether that is so now. */
export async function areThrough(log: Log, deployments: readonly Deployment[]): Promise<boolean> {
  return (await progressOf(log, deployments)).every(isThrough);
}

/** The counters of all deployments as one, as committed. */
export async function countersOf(log: Log, deployments: readonly Deployment[]): Promise<Counters> {
  const progress = await progressOf(log, deployments);
  return sumCounters(progress.map(({ counters }) => counters));
}

async function progressOf(log: Log, deployments: readonly Deployment[]): Promise<TaskProgress[]> {
  const all = await Promise.all(deployments.map((deployment) => readProgress(log, deployment)));
  return all.flat();
}
