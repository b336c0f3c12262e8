// Which tasks of the version before have read a source, and how far they have come on it.

import { type Deployment, stageOf, type TaskId } from "../../plan/deployment.ts";
import type { Input } from "../../plan/plan.ts";
import { pickIdentity, sourceIdentity } from "../../plan/state-identity.ts";
import { sourcesOf } from "../task/sources.ts";
import type { CheckpointRecord } from "../task/stored.ts";

/** A task of the old version where it was fenced; null: it has no checkpoint, so it cannot commit. */
export type Fenced = { readonly task: TaskId; readonly checkpoint: CheckpointRecord | null };

/** One input of a stage of the old version. */
export type Reader = { readonly stage: string; readonly index: number };

type SourceInput = Exclude<Input, { kind: "exchange" }>;

/** Who of the old version has read the source of `input`; null: nobody. One that picks the same comes first. */
export function readerIn(from: Deployment, input: SourceInput, to: Deployment): Reader | null {
  const source = sourceIdentity(input, to);
  const readers = from.plan.stages.flatMap(({ id, inputs }) =>
    inputs.flatMap((one, index) =>
      one.kind !== "exchange" && sourceIdentity(one, from) === source
        ? [{ stage: id, index, exact: pickIdentity(one) === pickIdentity(input) }]
        : [],
    ),
  );
  return readers.find(({ exact }) => exact) ?? readers[0] ?? null;
}

/** By partition of the source, the first sequence that `reader` has not processed. */
export function positionsOf(
  from: Deployment,
  fenced: readonly Fenced[],
  { stage, index }: Reader,
): number[] {
  const positions: number[] = [];
  for (const { task, checkpoint } of fenced) {
    if (task.stage !== stage || checkpoint === null) continue;
    const { partitions } = sourcesOf(from, task, stageOf(from, stage))[index] ?? { partitions: [] };
    for (const partition of partitions) {
      const startSeq = checkpoint.startSeqs[index]?.[partition] ?? 1;
      positions[partition] = Math.max(startSeq, (checkpoint.inSeqs[index] ?? 0) + 1);
    }
  }
  return positions;
}
