// Brings a task to the end of the record that it is in the middle of, in its owner's stead: the next version may
// make something else of that record, and some of what this version made of it is out.

import type { Deployment, TaskId } from "../../plan/deployment.ts";
import { type CrashPoints, NO_CRASH_POINTS } from "../crash-points.ts";
import type { Clock, Log } from "../ports.ts";
import { checkpointSubjects } from "./checkpoint.ts";
import { StageTask } from "./stage-task.ts";
import { decodeCheckpoint } from "./stored.ts";

/** How long the rest of one record may take. */
const FINISH_MS_MAX = 60_000;
/** No time passes for it: nothing lingers. */
const CLOCK: Clock = { now: () => 0, sleep: async () => {} };

/** Whoever runs the task is fenced by that, and starts again. @throws LogUnavailable */
export async function finishRecord(
  deployment: Deployment,
  id: TaskId,
  log: Log,
  crash: CrashPoints = NO_CRASH_POINTS,
): Promise<void> {
  const at = checkpointSubjects(deployment, id);
  const last = await log.last(at.stream, at.checkpoint);
  if (last === null || last.payload.length === 0) return;
  const { progress } = decodeCheckpoint(last.payload);
  if (progress?.inHand === null && progress.paused.length === 0) return;
  const task = new StageTask(deployment, id, { log, clock: CLOCK, report: () => {}, crash });
  const signal = AbortSignal.timeout(FINISH_MS_MAX);
  if ((await task.open(signal)) === null) await task.finishRecord(signal);
}
