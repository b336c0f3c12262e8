// A task that commits all the time while it is to be fenced.

import { describe, expect, it } from "vitest";
import { type Deployment, tasksOf } from "../../plan/deployment.ts";
import { bucketStream, newLineage } from "../../plan/names.ts";
import { LogUnavailable } from "../ports.ts";
import { checkpointMessage, checkpointSubjects, loadCheckpoint } from "../task/checkpoint.ts";
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

/** The next version of a deployment, which takes over from it. */
function next(from: Deployment, changes: Partial<Deployment> = {}): Deployment {
  const handover = {
    from,
    defaultStart: "first",
    begin: { at: "seam" },
    clearTopics: false,
  } as const;
  return { ...from, version: from.version + 1, handover, ...changes };
}

/** Puts the checkpoint of the first task of `deployment` where it has processed everything through `inSeq`. */
async function processed(log: MemoryLog, at: Deployment, inSeq: number): Promise<void> {
  const subjects = checkpointSubjects(at, FIRST);
  const restored = await loadCheckpoint(log, subjects);
  if (restored === null) throw new Error("no checkpoint");
  const checkpoint = { ...restored.checkpoint, inSeqs: [inSeq] };
  log.append(subjects.stream, checkpointMessage(subjects, checkpoint, restored.seq));
}

async function positionOf(log: MemoryLog, at: Deployment) {
  const restored = await loadCheckpoint(log, checkpointSubjects(at, FIRST));
  return restored && [restored.checkpoint.inSeqs, restored.checkpoint.startSeqs];
}

/** For a task that goes on although it must not. */
const PATIENCE_MS = 5000;
const FIRST = { stage: "s0", partition: 0 };

describe("a version that takes over", () => {
  it("does so from the last commit, even one made while it looks", async () => {
    const log = await busyLog(3);
    await handOver(next(deployment), log);
    expect(log.commitsLeft).toBe(0);
  });

  it("and begins a stage anew reads on right behind the last message that was processed", async () => {
    const log = new MemoryLog();
    const stages = simulatedPlan.stages.map((stage) => ({ ...stage, partitions: 1 }));
    const single = { ...deployment, plan: { ...simulatedPlan, stages } };
    await handOver(single, log);
    await processed(log, single, 7);
    const lineages = { s0: newLineage(2, "s0"), s1: newLineage(2, "s1") };
    const second = next(single, { lineages });
    await handOver(second, log);
    expect(await positionOf(log, second)).toEqual([[7], [[]]]);
  });

  it("reads partitions that a topic has gained from their first record on", async () => {
    const log = new MemoryLog();
    const reader = readerOf(1);
    await handOver(reader, log);
    await processed(log, reader, 50);
    const grown = next(reader, { topics: readerOf(2).topics });
    await handOver(grown, log);
    expect(await positionOf(log, grown)).toEqual([[0], [[51, 1]]]);
  });
});

/** One stage that reads a topic of so many partitions. */
function readerOf(partitions: number): Deployment {
  const [, stage] = simulatedPlan.stages;
  if (stage === undefined) throw new Error("no stage");
  const input = { kind: "topic", topic: "t", start: { at: "first" } } as const;
  const ops = [{ op: "sink", topic: "counts", key: null } as const];
  const stages = [{ ...stage, id: "s0", partitions: 1, inputs: [input], ops }];
  const base = deploymentOf({ ...simulatedPlan, pipeline: "reader", stages });
  return { ...base, topics: { t: { owner: deployment.address, partitions } } };
}

describe("a task of a version that was replaced", () => {
  it("does not begin on the checkpoint that its successor goes on with", async () => {
    const log = new MemoryLog();
    await handOver(deployment, log);
    await handOver(next(deployment), log);
    const before = await log.lastSeq(bucketStream(0));
    const ports = { log, clock: new EagerClock(), report: () => undefined };
    const patience = AbortSignal.timeout(PATIENCE_MS);
    for (const task of tasksOf(deployment)) {
      expect(await runStageTask(deployment, task, ports, patience)).toBe("fenced");
    }
    expect(await log.lastSeq(bucketStream(0))).toBe(before);
  });
});
