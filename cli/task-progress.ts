// How far the tasks of a deployment have come, read off their checkpoints: what `status` shows, and how
// `dev` knows that everything is through.

import { type Deployment, stageOf, type TaskId, tasksOf } from "../plan/deployment.ts";
import { END_OF_TIME_MS } from "../plan/event.ts";
import type { Stage } from "../plan/plan.ts";
import type { Counters } from "../runtime/core/message.ts";
import { Watermarks } from "../runtime/core/watermarks.ts";
import type { Log } from "../runtime/ports.ts";
import { checkpointSubjects, readCheckpoint } from "../runtime/task/checkpoint.ts";
import { sourcesOf, type TaskSource } from "../runtime/task/sources.ts";
import type { Checkpoint } from "../runtime/task/stored.ts";

/** One stage partition; `watermarkMs` is -Infinity until every input has spoken. */
export type TaskProgress = {
  readonly task: TaskId;
  readonly sources: readonly TaskSource[];
  /** Last committed sequence of each input. */
  readonly inSeqs: readonly number[];
  readonly watermarkMs: number;
  readonly counters: Counters;
};

/** All tasks, as committed last. */
export async function readProgress(log: Log, deployment: Deployment): Promise<TaskProgress[]> {
  return await Promise.all(tasksOf(deployment).map((task) => readTask(log, deployment, task)));
}

/** Whether the task has seen the end of everything it reads. */
export function isThrough({ watermarkMs }: TaskProgress): boolean {
  return watermarkMs >= END_OF_TIME_MS;
}

/** The counters of several tasks as one. */
export function sumCounters(all: readonly Counters[]): Counters {
  const sum: Counters = { in: 0, out: 0, late: 0, deadLetters: 0, lost: 0, dropped: {} };
  for (const one of all) {
    sum.in += one.in;
    sum.out += one.out;
    sum.late += one.late;
    sum.deadLetters += one.deadLetters;
    sum.lost += one.lost;
    for (const [reason, count] of Object.entries(one.dropped)) {
      sum.dropped[reason] = (sum.dropped[reason] ?? 0) + count;
    }
  }
  return sum;
}

async function readTask(log: Log, deployment: Deployment, task: TaskId): Promise<TaskProgress> {
  const stage = stageOf(deployment, task.stage);
  const sources = sourcesOf(deployment, task, stage);
  const at = checkpointSubjects(deployment, task);
  const found = await readCheckpoint(log, at);
  if (found === null) {
    const inSeqs = sources.map(() => 0);
    const counters = sumCounters([]);
    return { task, sources, inSeqs, watermarkMs: Number.NEGATIVE_INFINITY, counters };
  }
  const { inSeqs, progress } = found.checkpoint;
  const watermarkMs = leastWatermark(stage, progress);
  return { task, sources, inSeqs, watermarkMs, counters: progress.counters };
}

function leastWatermark({ inputs }: Stage, { watermarks }: Checkpoint["progress"]): number {
  const restored = new Watermarks(inputs.length);
  restored.restore(watermarks);
  return restored.least;
}
