// The failures of tasks as people see them: which pipelines fail, where and why.

import { type Deployment, taskName, tasksOf } from "../plan/deployment.ts";
import { systemClock } from "../runtime/adapters/system-clock.ts";
import {
  type Failure,
  isFailing,
  isSkippable,
  placeText,
  whereText,
} from "../runtime/task/failure.ts";
import { FailureLog, failureAt } from "../runtime/task/failure-log.ts";
import type { Backend } from "./backend.ts";
import { formatDuration } from "./terminal/units.ts";

/** What the tasks of some pipelines have not got past, by task name. */
export type Failures = ReadonlyMap<string, Failure>;

/** Reads the failures of all tasks of these pipelines; where none is stored, one look at a bucket tells. */
export async function failuresOf(
  { log }: Pick<Backend, "log">,
  deployments: readonly Deployment[],
): Promise<Failures> {
  const failures = new FailureLog(log, systemClock);
  const found = new Map<string, Failure>();
  for (const bucket of new Set(deployments.map(({ address }) => address.bucket))) {
    const stored = await failures.subjectsIn(bucket);
    if (stored.size === 0) continue;
    for (const deployment of deployments.filter(({ address }) => address.bucket === bucket)) {
      for (const task of tasksOf(deployment)) {
        if (!stored.has(failureAt(deployment, task).subject)) continue;
        const failure = await failures.read(deployment, task);
        if (failure !== null) found.set(taskName(deployment, task), failure);
      }
    }
  }
  return found;
}

/** What a pipeline is doing: `failing` when a task of it is; `handover`: a deploy was cut short, the next one finishes it. */
export function stateOf(deployment: Deployment, failures: Failures) {
  const { state, handover } = deployment;
  if (handover !== undefined) return "handover";
  if (state !== "running") return state;
  const isAny = tasksOf(deployment).some((task) => {
    const failure = failures.get(taskName(deployment, task));
    return failure !== undefined && isFailing(failure);
  });
  return isAny ? "failing" : state;
}

/** A failure for programs. */
export function failureJson(failure: Failure) {
  const { place, phase, count, reason, firstMs, lastMs, nextTryMs } = failure;
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    failing: isFailing(failure),
    at: place === null ? null : placeText(place),
    subject: place?.subject ?? null,
    record: place?.record ?? null,
    phase,
    count,
    reason,
    first: time(firstMs),
    last: time(lastMs),
    nextTry: time(nextTryMs),
    skippable: isSkippable(failure),
  };
}

/** The same as a line. @param nowMs wall clock */
export function failureText(task: string, failure: Failure, nowMs: number): string {
  const { count, reason, nextTryMs, skip } = failure;
  const what = isFailing(failure) ? "failing" : "failed";
  const times = count === 1 ? "once" : `${count} times`;
  const waitMs = nextTryMs - nowMs;
  const next = waitMs > 0 ? `next try in ${formatDuration(waitMs)}` : "tried again now";
  const then = skip ? ", which leaves it out" : "";
  return `${task} ${what} ${whereText(failure)}, ${times}, ${next}${then}: ${oneLine(reason)}`;
}

/** The first line of a text. */
export function oneLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
