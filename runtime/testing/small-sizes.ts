// Sizes of a task drawn from a seed: now and then so small that a window closes, and one record's results go out, in
// many commits, that state is always being written anew, and that rows are always summed up, a few at a time.

import { COMBINER, type CombinerLimits } from "../core/operators/combiner.ts";
import type { BatchSizes } from "../task/batches.ts";
import { TASK_SIZES, type TaskSizes } from "../task/stage-task.ts";
import type { Random } from "./random.ts";

const USUAL = 0.5;

export function drawSizes(random: Random): TaskSizes {
  if (random.chance(USUAL)) return TASK_SIZES;
  return {
    drain: {
      ...TASK_SIZES.drain,
      bytes: 1 + random.int(2000),
      messages: 1 + random.int(5),
      pieces: 1 + random.int(4),
      combiner: drawCombiner(random),
    },
    state: {
      ...TASK_SIZES.state,
      sliceBytes: 1 + random.int(2000),
      epochAfterBytesMin: 1 + random.int(5000),
    },
    batch: drawBatch(random),
  };
}

/** So small that state often goes before its commit, in several batches. */
function drawBatch(random: Random): BatchSizes {
  return {
    messages: 3 + random.int(20),
    bytes: 300 + random.int(4000),
    stagedBytes: 1 + random.int(1500),
  };
}

/** Of the log: now and then so small that exchanges, state and progress are cut in parts. */
export function drawMessageBytesMax(random: Random, usual: number): number {
  return random.chance(USUAL) ? usual : 40 + random.int(1000);
}

function drawCombiner(random: Random): CombinerLimits {
  return { ...COMBINER, groupsMax: 1 + random.int(8), rowsPerGroupMin: random.int(3) };
}
