// A task that commits all the time while it is to be fenced.

import { describe, expect, it } from "vitest";
import { tasksOf } from "../../plan/deployment.ts";
import { bucketStream } from "../../plan/names.ts";
import { LogUnavailable } from "../ports.ts";
import { checkpointSubjects, loadCheckpoint } from "../task/checkpoint.ts";
import { deploymentOf, simulatedPlan } from "../task/simulation.test-support.ts";
import { runStageTask } from "../task/stage-task.ts";
import { EagerClock } from "../testing/eager-clock.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { FENCE_TRIES_MAX, fenceForGood, handOver } from "./handover.ts";

const deployment = deploymentOf(simulatedPlan);
const AT = checkpointSubjects(deployment, { stage: "s0", partition: 0 });

/** Whenever somebody looks at the checkpoint of the first task, that task commits right behind it. */
class BusyLog extends MemoryLog {
  commitsLeft = 0;

  override async last(stream: string, subject: string) {
    const last = await super.last(stream, subject);
    if (subject === AT.checkpoint && this.commitsLeft > 0 && last !== null) {
      this.commitsLeft -= 1;
      this.append(bucketStream(0), last);
    }
    return last;
  }
}

async function busyLog(commits: number): Promise<BusyLog> {
  const log = new BusyLog();
  await handOver(deployment, log);
  log.commitsLeft = commits;
  return log;
}

describe("a task that commits while it is fenced", () => {
  it("is fenced at the last try", async () => {
    const log = await busyLog(FENCE_TRIES_MAX - 1);
    await fenceForGood(deployment, log);
    expect(log.commitsLeft).toBe(0);
    expect(await loadCheckpoint(log, AT)).toBeNull();
  });

  it("is not after one more, and that is said", async () => {
    const log = await busyLog(FENCE_TRIES_MAX);
    const fencing = fenceForGood(deployment, log);
    await expect(fencing).rejects.toThrow(LogUnavailable);
    await expect(fencing).rejects.toThrow("s0.00: its task commits too fast to be fenced");
    expect(await loadCheckpoint(log, AT)).not.toBeNull();
  });
});

describe("a task of a version that was replaced", () => {
  it("does not begin on the checkpoint that its successor goes on with", async () => {
    const log = new MemoryLog();
    await handOver(deployment, log);
    const begin = { at: "seam" } as const;
    const handover = {
      from: deployment,
      defaultStart: "first",
      begin,
      clearTopics: false,
    } as const;
    const next = { ...deployment, version: 2, handover };
    await handOver(next, log);
    const before = await log.lastSeq(bucketStream(0));
    const ports = { log, clock: new EagerClock(), report: () => undefined };
    const never = new AbortController().signal;
    for (const task of tasksOf(deployment)) {
      expect(await runStageTask(deployment, task, ports, never)).toBe("fenced");
    }
    expect(await log.lastSeq(bucketStream(0))).toBe(before);
  });
});
