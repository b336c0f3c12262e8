// The first checkpoint of a task. Deploy makes it, never the task itself: so a task always expects a message
// on its checkpoint's subject, and one that was left behind by a delete or by a later version is refused
// for good, whether it has ever committed or not.

import { type Deployment, deploymentId, stageOf, type TaskId } from "../../plan/deployment.ts";
import { StageRunner } from "../core/stage-runner.ts";
import type { LogMessage } from "../ports.ts";
import { sourcesOf } from "./sources.ts";
import type { Checkpoint } from "./stored.ts";

/**
 * @param startSeqs of each input of the stage, by partition of its source, the first sequence to read;
 *   none is 1
 * @param ends likewise, the messages that said that nothing more will come, where they stand before that
 */
export function firstCheckpoint(
  deployment: Deployment,
  task: TaskId,
  startSeqs: readonly (readonly number[])[],
  ends: readonly (readonly (readonly LogMessage[])[])[] = [],
): Checkpoint {
  const stage = stageOf(deployment, task.stage);
  const sources = sourcesOf(deployment, task, stage);
  const starts = sources.map(({ partitions }, input) =>
    startOf(partitions, startSeqs[input] ?? []),
  );
  const runner = new StageRunner(deployment.plan, stage);
  for (const [input, { partitions, toInput }] of sources.entries()) {
    for (const partition of partitions) {
      for (const end of ends[input]?.[partition] ?? []) runner.push(toInput(end));
    }
  }
  return {
    deployment: deploymentId(deployment),
    inSeqs: starts.map(({ inSeq }) => inSeq),
    startSeqs: starts.map((start) => start.startSeqs),
    progress: runner.progress(),
    epoch: 0,
    baseEpoch: 0,
  };
}

/** Where a task reads on that has the `partitions` of a source, each from its own start. */
export function startOf(
  partitions: readonly number[],
  startSeqs: readonly number[],
): { inSeq: number; startSeqs: readonly number[] } {
  const own = partitions.map((partition) => startSeqs[partition] ?? 1);
  const first = Math.min(...own);
  const same = own.every((startSeq) => startSeq === first);
  return { inSeq: Number.isFinite(first) ? first - 1 : 0, startSeqs: same ? [] : startSeqs };
}
