// A deployed pipeline on the memory log: many stage tasks that crash, lose acknowledgements and run twice,
// all from one seed. The answer must be that of a plain loop.

import type { Deployment, TaskId } from "../../plan/deployment.ts";
import { tasksOf } from "../../plan/deployment.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  bucketStream,
  commitSubject,
  FIREHOSE_STREAM,
  HEADER,
  newLineage,
  topicSubject,
  topicWatermarkSubject,
  watermarkSubject,
} from "../../plan/names.ts";
import { partitionOf } from "../../plan/partition.ts";
import type { Plan } from "../../plan/plan.ts";
import { partitionsOf, producersOf } from "../../plan/targets.ts";
import { decodeRecords, encodeRecord } from "../eval/codec.ts";
import { toJson } from "../eval/json.ts";
import type { Value } from "../eval/values.ts";
import { handOver } from "../lifecycle/handover.ts";
import { LogUnavailable } from "../ports.ts";
import { EagerClock } from "../testing/eager-clock.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { type Random, seededRandom } from "../testing/random.ts";
import { drawMessageBytesMax, drawSizes } from "../testing/small-sizes.ts";
import { TaskFault } from "./failure.ts";
import { FailureLog } from "./failure-log.ts";
import { runStageTask, type TaskPorts } from "./stage-task.ts";

export const SIMULATED_PARTITIONS = 4;
const TOPIC = "counts";
const WINDOW_MS = 60_000;
const T0 = Date.UTC(2026, 6, 4, 12);

/** One simulated like. */
export type Like = { did: string; seq: number; timeMs: number; subject: string };

const current = { k: "current" } as const;
const field = (name: string) => ({ k: "field", of: current, name }) as const;

/** `from firehose('app.bsky.feed.like') |> window tumbling(1m) |> reduce by record.subject …` */
export const simulatedPlan: Plan = {
  format: 1,
  pipeline: "sim",
  params: {},
  topics: [
    { name: TOPIC, partitions: 2, role: "sink" },
    { name: "dlq.sim", partitions: 1, role: "dead-letters" },
  ],
  deadLetters: { topic: "dlq.sim", max: 100 },
  stages: [
    {
      id: "s0",
      partitions: 2,
      inputs: [
        {
          kind: "firehose",
          kinds: ["commit"],
          collections: ["app.bsky.feed.like"],
          ops: ["create"],
          start: { at: "first" },
        },
      ],
      ops: [
        {
          op: "window",
          window: { kind: "hopping", sizeMs: 2 * WINDOW_MS, everyMs: WINDOW_MS, graceMs: 2000 },
          on: field("time"),
          maxAheadMs: 10_000,
          late: null,
        },
        {
          op: "exchange",
          to: "s1",
          keys: [{ k: "field", of: field("record"), name: "subject" }],
          columns: [field("did"), field("seq")],
        },
      ],
    },
    {
      id: "s1",
      partitions: 3,
      inputs: [{ kind: "exchange", from: ["s0"] }],
      ops: [
        {
          op: "reduce",
          window: { kind: "hopping", sizeMs: 2 * WINDOW_MS, everyMs: WINDOW_MS, graceMs: 2000 },
          keys: ["post"],
          aggregates: [
            { name: "n", fn: "count", column: null },
            { name: "fans", fn: "distinct", cap: 1000, column: 0 },
            { name: "lastSeq", fn: "last", column: 1 },
          ],
        },
        { op: "sink", topic: TOPIC, key: field("post") },
      ],
    },
  ],
};

/** Version 1 of the plan, on bucket 0. */
export function deploymentOf(plan: Plan): Deployment {
  return {
    address: { bucket: 0, tenant: "local", pipeline: plan.pipeline },
    version: 1,
    state: "running",
    plan,
    source: "",
    deployedAtMs: 0,
    firehosePartitions: SIMULATED_PARTITIONS,
    lineages: Object.fromEntries(plan.stages.map(({ id }) => [id, newLineage(1, id)])),
    topics: {},
  };
}

/** Likes in relay order: their times step back by up to 0.9 s. */
export function simulatedLikes(random: Random, count: number): Like[] {
  return Array.from({ length: count }, (_, i) => ({
    did: `did:plc:${random.int(12)}`,
    seq: i + 1,
    timeMs: T0 + i * 1500 - random.int(900),
    subject: `post${random.int(5)}`,
  }));
}

/** What the topic must hold, by a plain loop. */
export function expectedCounts(likes: readonly Like[]): string[] {
  const groups = new Map<string, { n: number; fans: Set<string>; last: Like }>();
  for (const like of likes) {
    const first = Math.floor(like.timeMs / WINDOW_MS) * WINDOW_MS;
    for (const start of [first - WINDOW_MS, first]) {
      const key = `${start} ${like.subject}`;
      const group = groups.get(key) ?? { n: 0, fans: new Set(), last: like };
      group.n += 1;
      group.fans.add(like.did);
      if (like.timeMs >= group.last.timeMs) group.last = like;
      groups.set(key, group);
    }
  }
  return [...groups].map(([key, { n, fans, last }]) => {
    const [start, post] = key.split(" ");
    return JSON.stringify([Number(start), post, n, fans.size, last.seq]);
  });
}

/** Runs the pipeline above under faults from `seed` until all windows are out; gives what its topic holds. */
export async function simulate(seed: number, likes: readonly Like[]): Promise<string[]> {
  return (await simulatePlan(simulatedPlan, TOPIC, seed, likes)).map(countOf);
}

/** As `simulate`, where a task may fail at a record: it is tried again until that is put aside. */
export async function simulatePoisoned(
  seed: number,
  likes: readonly Like[],
): Promise<{ counts: string[]; letters: Value[] }> {
  const { deployment, log } = await simulateOn(simulatedPlan, TOPIC, seed, likes, noteFault);
  const counts = (await readRecords(deployment, TOPIC, log)).map(countOf);
  return { counts, letters: await readRecords(deployment, "dlq.sim", log) };
}

/** Runs any plan over likes, under faults from `seed`, until its topic ends; gives the topic's records. */
export async function simulatePlan(
  plan: Plan,
  topic: string,
  seed: number,
  likes: readonly Like[],
): Promise<Value[]> {
  const { deployment, log } = await simulateOn(plan, topic, seed, likes);
  return readRecords(deployment, topic, log);
}

async function simulateOn(
  plan: Plan,
  topic: string,
  seed: number,
  likes: readonly Like[],
  onFault?: OnFault,
): Promise<{ deployment: Deployment; log: MemoryLog }> {
  const deployment = deploymentOf(plan);
  const random = seededRandom(seed);
  const log = new MemoryLog();
  await handOver(deployment, log);
  const feeding = feed(log, likes, random);
  log.batchSize = () => 1 + random.int(20);
  log.fault = () =>
    random.chance(0.1) ? "lost-before" : random.chance(0.1) ? "lost-after" : "none";
  const stop = new AbortController();
  const clock = new EagerClock();
  const copies = tasksOf(deployment).flatMap((task) =>
    random.chance(0.3) ? [task, task] : [task],
  );
  const ports = { log, clock, report: () => undefined, sizes: drawSizes(random) };
  log.messageBytesMax = drawMessageBytesMax(random, log.messageBytesMax);
  const tasks = copies.map((task) => keepRunning(deployment, task, ports, stop.signal, onFault));
  await feeding;
  while (!(await isDone(deployment, topic, log))) await clock.sleep(1);
  log.fault = () => "none";
  stop.abort();
  await Promise.all(tasks);
  return { deployment, log };
}

async function feed(log: MemoryLog, likes: readonly Like[], random: Random): Promise<void> {
  const clock = new EagerClock();
  for (const like of likes) {
    const partition = partitionOf(like.did, SIMULATED_PARTITIONS);
    const { did, seq, timeMs, subject } = like;
    const event = { did, seq, time: timeMs, kind: "commit", op: "create", record: { subject } };
    log.append(FIREHOSE_STREAM, {
      subject: commitSubject(partition, "create", "app.bsky.feed.like"),
      headers: new Map(),
      payload: encodeRecord({ ...event, collection: "app.bsky.feed.like", rkey: "r", rev: "r" }),
    });
    if (random.chance(0.2)) await clock.sleep(1);
  }
  for (let partition = 0; partition < SIMULATED_PARTITIONS; partition += 1) {
    log.append(FIREHOSE_STREAM, {
      subject: watermarkSubject(partition),
      headers: new Map([[HEADER.watermark, String(END_OF_TIME_MS)]]),
      payload: new Uint8Array(),
    });
  }
}

export type OnFault = (
  fault: TaskFault,
  deployment: Deployment,
  task: TaskId,
  ports: TaskPorts,
) => Promise<void>;

/** What a worker does when a task fails. */
/** As a worker does it. */
export const noteFault: OnFault = async ({ fault }, deployment, task, { log, clock }) => {
  try {
    await new FailureLog(log, clock).note(deployment, task, fault);
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error;
  }
};

/** A worker in small: starts the task again whenever it crashes or is fenced, or fails as foreseen. */
export async function keepRunning(
  deployment: Deployment,
  task: TaskId,
  ports: TaskPorts,
  signal: AbortSignal,
  onFault?: OnFault,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await runStageTask(deployment, task, ports, signal);
    } catch (error) {
      if (error instanceof TaskFault && onFault) await onFault(error, deployment, task, ports);
      else if (!(error instanceof LogUnavailable)) throw error;
    }
    await ports.clock.sleep(1);
  }
}

async function collect(
  { address, plan }: Deployment,
  topic: string,
  log: MemoryLog,
  subjectOf: typeof topicSubject,
) {
  const length = partitionsOf(plan, { kind: "topic", name: topic });
  const subjects = Array.from({ length }, (_, i) => subjectOf(address, topic, i));
  const messages = [];
  for await (const message of log.readAll(bucketStream(0), subjects)) messages.push(message);
  return messages;
}

/** Every producer has said, on every partition, that nothing more will come. */
async function isDone(deployment: Deployment, topic: string, log: MemoryLog): Promise<boolean> {
  const target = { kind: "topic", name: topic } as const;
  const { plan } = deployment;
  const final = new Set(
    (await collect(deployment, topic, log, topicWatermarkSubject))
      .filter(({ headers }) => Number(headers.get(HEADER.watermark)) === END_OF_TIME_MS)
      .map(({ subject, headers }) => `${subject} ${headers.get(HEADER.from)}`),
  );
  return final.size === partitionsOf(plan, target) * producersOf(plan, target);
}

async function readRecords(
  deployment: Deployment,
  topic: string,
  log: MemoryLog,
): Promise<Value[]> {
  const messages = await collect(deployment, topic, log, topicSubject);
  return messages.flatMap(({ payload }) => decodeRecords(payload));
}

/** One result as `expectedCounts` writes it. */
export function countOf(record: Value): string {
  // The shape is that of the plan above; a difference shows in the comparison.
  const { window, post, n, fans, lastSeq } = toJson(record) as Record<string, unknown> & {
    window: { start: string };
  };
  return JSON.stringify([Date.parse(window.start), post, n, fans, lastSeq]);
}
