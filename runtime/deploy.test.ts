import { describe, expect, it } from "vitest";
import { bucketStream, checkpointSubject, FIREHOSE_STREAM, topicSubject } from "../plan/names.ts";
import type { Input, Plan, Start } from "../plan/plan.ts";
import { type DeployTarget, deletePipeline, deployPlan } from "./deploy.ts";
import { DeploymentConflict } from "./deployments.ts";
import { TopicNotFound } from "./lifecycle/topics.ts";
import { TooManyPartitions } from "./partition-check.ts";
import type { Log } from "./ports.ts";
import { decodeCheckpoint } from "./task/stored.ts";
import { MemoryDeployments } from "./testing/memory-deployments.ts";
import { MemoryLog } from "./testing/memory-log.ts";

const STREAM = bucketStream(0);
const address = (pipeline: string) => ({ bucket: 0, tenant: "local", pipeline });
const firehose = (at: Start["at"] = "default"): Input => {
  const start: Start = at === "time" ? { at, ms: 0 } : { at };
  return { kind: "firehose", kinds: ["commit"], collections: [], ops: [], start };
};
const topic = (name: string, start: Start = { at: "default" }): Input => ({
  kind: "topic",
  topic: name,
  start,
});

type Sketch = { pipeline?: string; inputs?: Input[]; partitions?: number; topics?: string[] };

function plan({
  pipeline = "p",
  inputs = [firehose()],
  partitions = 1,
  topics = ["a.b"],
}: Sketch): Plan {
  const dlq = `dlq.${pipeline}`;
  return {
    format: 1,
    pipeline,
    params: {},
    stages: [
      {
        id: "s0",
        partitions,
        inputs,
        ops: [{ op: "sink", topic: topics[0] ?? dlq, key: null }],
      },
    ],
    topics: [
      ...topics.map((name) => ({ name, partitions: 1, role: "sink" as const })),
      { name: dlq, partitions: 1, role: "dead-letters" },
    ],
    deadLetters: { topic: dlq, max: 10 },
  };
}

function target(change: Partial<DeployTarget> = {}) {
  const log = new MemoryLog();
  const store = new MemoryDeployments();
  return {
    store,
    log,
    tenant: "local",
    buckets: 1,
    firehosePartitions: 2,
    nowMs: 1,
    defaultStart: "new" as const,
    ...change,
    append: (stream: string, subject: string) =>
      log.append(stream, { subject, headers: new Map(), payload: new Uint8Array() }),
  };
}

describe("deployPlan", () => {
  it("deploys version 1, and the same plan again changes nothing", async () => {
    const to = target();
    expect(await deployPlan(plan({}), "source", to)).toMatchObject({
      kind: "deployed",
      version: 1,
    });
    const again: Plan = JSON.parse(JSON.stringify(plan({})));
    expect(await deployPlan(again, "other text", to)).toMatchObject({
      kind: "unchanged",
      version: 1,
    });
  });

  it("takes a plan whose object keys stand in another order for the same", async () => {
    const to = target();
    await deployPlan(plan({}), "", to);
    const { format, ...rest } = plan({});
    expect((await deployPlan({ ...rest, format }, "", to)).kind).toBe("unchanged");
  });

  it("counts the version up when the plan or the partitions of the firehose change", async () => {
    const to = target();
    await deployPlan(plan({}), "", to);
    expect((await deployPlan(plan({ partitions: 2 }), "", to)).version).toBe(2);
    const wider = { ...to, firehosePartitions: 4 };
    expect((await deployPlan(plan({ partitions: 2 }), "", wider)).version).toBe(3);
  });

  it("keeps a paused pipeline paused", async () => {
    const to = target();
    await deployPlan(plan({}), "", to);
    const stored = await to.store.get("local", "p");
    if (stored === null) throw new Error("not deployed");
    await to.store.put({ ...stored.deployment, state: "paused" }, stored.revision);
    await deployPlan(plan({ partitions: 2 }), "", to);
    expect((await to.store.get("local", "p"))?.deployment.state).toBe("paused");
  });

  it("refuses a topic that another pipeline owns, and lets go of what it had claimed", async () => {
    const to = target();
    await deployPlan(plan({ pipeline: "owner", topics: ["taken"] }), "", to);
    const thief = plan({ pipeline: "thief", topics: ["free", "taken"] });
    await expect(deployPlan(thief, "", to)).rejects.toThrow(DeploymentConflict);
    expect(await to.store.get("local", "thief")).toBeNull();
    expect(await to.store.topic("local", "free")).toBeNull();
  });

  it("releases and empties a topic that the new version does not write", async () => {
    const to = target();
    await deployPlan(plan({ topics: ["keep", "drop"] }), "", to);
    for (const name of ["keep", "drop"]) to.append(STREAM, topicSubject(address("p"), name, 0));
    await deployPlan(plan({ topics: ["keep"] }), "", to);
    expect([...(await to.store.topics("local")).keys()].sort()).toEqual(["dlq.p", "keep"]);
    expect(await to.log.last(STREAM, topicSubject(address("p"), "drop", 0))).toBeNull();
    expect(await to.log.last(STREAM, topicSubject(address("p"), "keep", 0))).not.toBeNull();
  });

  it("deletes the old version's checkpoints after the switch, and only its", async () => {
    const to = target();
    await deployPlan(plan({}), "", to);
    const old = checkpointSubject(address("p"), "v1.s0", 0);
    const other = checkpointSubject(address("q"), "v1.s0", 0);
    to.append(STREAM, other);
    expect(await to.log.last(STREAM, old)).not.toBeNull();
    await deployPlan(plan({ partitions: 2 }), "", to);
    expect(await to.log.last(STREAM, old)).toBeNull();
    expect(await to.log.last(STREAM, other)).not.toBeNull();
  });

  it("names the missing topic and those there are", async () => {
    const to = target();
    await deployPlan(plan({ pipeline: "owner", topics: ["trends.tags"] }), "", to);
    const reader = plan({ inputs: [topic("trends.tag")], topics: ["out"] });
    const failure = await deployPlan(reader, "", to).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TopicNotFound);
    expect(failure).toMatchObject({ topic: "trends.tag", known: ["trends.tags", "dlq.owner"] });
  });

  it("becomes a new version when a topic it reads has moved", async () => {
    const to = target();
    await deployPlan(plan({ pipeline: "owner", topics: ["in"] }), "", to);
    const reader = plan({ inputs: [topic("in")], topics: ["out"] });
    await deployPlan(reader, "", to);
    await to.store.claimTopic("local", "in", { owner: address("owner"), partitions: 3 });
    expect((await deployPlan(reader, "", to)).version).toBe(2);
  });

  it("takes as many partitions as there are to read, and refuses one more", async () => {
    const to = target({ firehosePartitions: 2 });
    expect((await deployPlan(plan({ partitions: 2 }), "", to)).version).toBe(1);
    await expect(deployPlan(plan({ partitions: 3 }), "", to)).rejects.toThrow(TooManyPartitions);
    const reader = plan({ pipeline: "r", inputs: [topic("a.b")], partitions: 2, topics: ["out"] });
    await expect(deployPlan(reader, "", to)).rejects.toThrow(
      "stage s0 has 2 partitions but topic a.b has only 1",
    );
  });

  it("resolves where each input starts", async () => {
    const to = target();
    for (let i = 0; i < 3; i++) to.append(FIREHOSE_STREAM, "atproto.firehose.00.watermark");
    to.append(STREAM, "fpl.0.local.owner.t.in.00");
    await deployPlan(plan({ pipeline: "owner", topics: ["in"] }), "", to);
    const before = await to.log.lastSeq(STREAM);
    const exchange: Input = { kind: "exchange", from: [] };
    const inputs = [firehose(), firehose("first"), firehose("new"), topic("in"), exchange];
    await deployPlan(plan({ inputs }), "", to);
    expect(await inSeqsOf(to.log)).toEqual([3, 0, 3, before, 0]);
  });

  it("starts at the first when that is the default", async () => {
    const to = target({ defaultStart: "first" });
    to.append(FIREHOSE_STREAM, "atproto.firehose.00.watermark");
    await deployPlan(plan({}), "", to);
    expect(await inSeqsOf(to.log)).toEqual([0]);
  });
});

/** Positions in the checkpoint of the only task. */
async function inSeqsOf(log: Pick<Log, "last">): Promise<readonly number[]> {
  const last = await log.last(STREAM, checkpointSubject(address("p"), "v1.s0", 0));
  return last === null ? [] : decodeCheckpoint(last.payload).inSeqs;
}

describe("deletePipeline", () => {
  it("removes the entry, the topics and every message", async () => {
    const to = target();
    await deployPlan(plan({}), "", to);
    const subject = topicSubject(address("p"), "a.b", 0);
    to.append(STREAM, subject);
    expect(await deletePipeline("local", "p", to)).toBe(true);
    expect(await to.store.list("local")).toEqual({ deployments: [], unreadable: [] });
    expect(await to.store.topics("local")).toEqual(new Map());
    expect(await to.log.last(STREAM, subject)).toBeNull();
  });

  it("says so when there is none", async () => {
    expect(await deletePipeline("local", "nobody", target())).toBe(false);
  });

  it("never lets a version be used again whose checkpoints a straggler left", async () => {
    const to = target();
    await deployPlan(plan({}), "", to);
    await deletePipeline("local", "p", to);
    to.append(STREAM, checkpointSubject(address("p"), "v10.s0", 0));
    expect((await deployPlan(plan({}), "", to)).version).toBe(11);
  });
});
