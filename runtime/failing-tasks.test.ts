// A worker whose tasks fail at a record, on the memory log and a clock that only sleeping moves.

import { afterEach, describe, expect, it, vi } from "vitest";
import { type Deployment, deploymentId } from "../plan/deployment.ts";
import { END_OF_TIME_MS } from "../plan/event.ts";
import {
  bucketStream,
  commitSubject,
  FIREHOSE_STREAM,
  HEADER,
  topicSubject,
  watermarkSubject,
} from "../plan/names.ts";
import { partitionOf } from "../plan/partition.ts";
import type { OnPoison } from "../plan/plan.ts";
import { Reduce } from "./core/operators/reduce.ts";
import { decodeRecords, encodeRecord } from "./eval/codec.ts";
import { toJson } from "./eval/json.ts";
import { handOver } from "./lifecycle/handover.ts";
import type { LogAppend } from "./ports.ts";
import { type Failure, isSkippable } from "./task/failure.ts";
import { FailureLog } from "./task/failure-log.ts";
import { POISON_EVENT, POISON_ROW, putPoisonIn } from "./task/poison.test-support.ts";
import {
  countOf,
  deploymentOf,
  expectedCounts,
  type Like,
  SIMULATED_PARTITIONS,
  simulatedLikes,
  simulatedPlan,
} from "./task/simulation.test-support.ts";
import { runStageTask } from "./task/stage-task.ts";
import { EagerClock } from "./testing/eager-clock.ts";
import { MemoryDeployments } from "./testing/memory-deployments.ts";
import { MemoryLog } from "./testing/memory-log.ts";
import { seededRandom } from "./testing/random.ts";
import { type RunningTask, type TaskHost, Worker, type WorkerEvent } from "./worker.ts";

const STREAM = bucketStream(0);
/** Hashes into a partition of its own stage as any subject does. */
const POISON_COMMIT = "poison-commit";

afterEach(() => void vi.restoreAllMocks());

/** A log that refuses commits with some text in them, and counts what is committed. */
class CountingLog extends MemoryLog {
  refused: string | null = null;
  readonly committed: string[] = [];

  override async commit(stream: string, messages: readonly LogAppend[]) {
    const { refused } = this;
    const isRefused = ({ payload }: LogAppend): boolean =>
      refused !== null && Buffer.from(payload).includes(refused);
    // A failure, a dead letter or the event itself may name it; state and exchanges may not.
    const refusable = messages.filter(({ subject }) => /\.s\./.test(subject));
    if (refusable.some(isRefused)) throw new RangeError("a message is too large");
    this.committed.push(...messages.map(({ subject }) => subject));
    return await super.commit(stream, messages);
  }
}

type World = {
  readonly log: CountingLog;
  readonly clock: EagerClock;
  readonly deployment: Deployment;
  readonly failures: FailureLog;
  readonly store: MemoryDeployments;
};

/** The simulated pipeline, deployed and fed: likes, one of them of `poison`. */
async function worldWith(poison: string, onPoison?: OnPoison): Promise<World & { good: Like[] }> {
  const plan = onPoison === undefined ? simulatedPlan : { ...simulatedPlan, onPoison };
  const deployment = deploymentOf(plan);
  const log = new CountingLog();
  const clock = new EagerClock();
  await handOver(deployment, log);
  const store = new MemoryDeployments();
  await store.put(deployment, 0);
  const likes = simulatedLikes(seededRandom(7), 120);
  const all = likes.map((like, i) => (i === 60 ? { ...like, subject: poison } : like));
  for (const like of all) log.append(FIREHOSE_STREAM, eventOf(like));
  const failures = new FailureLog(log, clock);
  return { log, clock, deployment, failures, store, good: likes.filter((_, i) => i !== 60) };
}

/** Says that nothing more will come. */
function end({ log }: World): void {
  for (let partition = 0; partition < SIMULATED_PARTITIONS; partition += 1) {
    log.append(FIREHOSE_STREAM, {
      subject: watermarkSubject(partition),
      headers: new Map([[HEADER.watermark, String(END_OF_TIME_MS)]]),
      payload: new Uint8Array(),
    });
  }
}

function eventOf({ did, seq, timeMs, subject }: Like) {
  const event = { did, seq, time: timeMs, kind: "commit", op: "create", record: { subject } };
  return {
    subject: commitSubject(partitionOf(did, SIMULATED_PARTITIONS), "create", "app.bsky.feed.like"),
    headers: new Map<string, string>(),
    payload: encodeRecord({ ...event, collection: "app.bsky.feed.like", rkey: "r", rev: "r" }),
  };
}

/** A worker that is the only one alive, with its tasks in this thread. */
function startWorker({ log, clock, store, failures }: World, id = "w") {
  const events: WorkerEvent[] = [];
  const stop = new AbortController();
  const host: TaskHost = {
    start: (deployment, task, report): RunningTask => {
      const own = new AbortController();
      const done = runStageTask(deployment, task, { log, clock, report }, own.signal);
      return { done, stop: () => own.abort() };
    },
  };
  const membership = { beat: async () => {}, alive: async () => [id], leave: async () => {} };
  const onEvent = (event: WorkerEvent): void => void events.push(event);
  const worker = new Worker(id, { store, membership, host, failures, clock, onEvent });
  const ended = worker.run(stop.signal);
  return {
    failed: () => events.filter((one) => one.kind === "failed"),
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

async function recordsOf({ log, deployment }: World, topic: string, partitions: number) {
  const subjects = Array.from({ length: partitions }, (_, i) =>
    topicSubject(deployment.address, topic, i),
  );
  const records = [];
  for await (const { payload } of log.readAll(STREAM, subjects)) {
    records.push(...decodeRecords(payload));
  }
  return records;
}

async function counts(world: World): Promise<string[]> {
  return (await recordsOf(world, "counts", 2)).map(countOf).sort();
}

async function letters(world: World) {
  return (await recordsOf(world, "dlq.sim", 1)).map((one) => toJson(one));
}

async function failuresIn({ failures, deployment }: World): Promise<Failure[]> {
  const tasks = [0, 1, 2].flatMap((partition) =>
    partition < 2
      ? [
          { stage: "s0", partition },
          { stage: "s1", partition },
        ]
      : [{ stage: "s1", partition }],
  );
  const found = await Promise.all(tasks.map((task) => failures.read(deployment, task)));
  return found.filter((one) => one !== null);
}

describe("a task that fails at a record", () => {
  it.each([POISON_EVENT, POISON_ROW])(
    "puts it aside after four tries, and nothing else (%s)",
    async (poison) => {
      putPoisonIn();
      const world = await worldWith(poison);
      end(world);
      const worker = startWorker(world);
      await expect.poll(() => counts(world)).toEqual(expectedCounts(world.good).sort());
      const put = await letters(world);
      expect(put).toHaveLength(1);
      expect(put[0]).toMatchObject({
        reason: "poison",
        detail: expect.stringMatching(/^poison in a/),
      });
      expect(JSON.stringify(put)).toContain(poison);
      expect(worker.failed().slice(0, 4)).toMatchObject([
        { retryMs: 500, failure: { count: 1 } },
        { retryMs: 1000, failure: { count: 2 } },
        { retryMs: 2000, failure: { count: 3 } },
        { retryMs: 4000, failure: { count: 4 } },
      ]);
      expect(worker.failed()).toHaveLength(4);
      expect(await failuresIn(world)).toEqual([]);
      await worker.stop();
    },
  );

  it("stays there under `stop`, writes nothing, and goes on behind it once told to", async () => {
    putPoisonIn();
    const world = await worldWith(POISON_EVENT, "stop");
    end(world);
    const worker = startWorker(world);
    await expect.poll(() => worker.failed().length).toBeGreaterThan(8);
    const [failure] = await failuresIn(world);
    expect(failure?.place).toMatchObject({ stream: FIREHOSE_STREAM, seq: 61 });
    const pauses = worker.failed().map(({ retryMs }) => retryMs);
    expect(pauses.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    // Only the failure itself is written by further tries.
    const before = world.log.committed.length;
    const tries = worker.failed().length;
    await expect.poll(() => worker.failed().length).toBeGreaterThan(tries + 5);
    const written = world.log.committed.slice(before);
    expect(written.every((subject) => subject.includes(".f."))).toBe(true);
    expect(await letters(world)).toEqual([]);
    const tasks = [0, 1].map((partition) => ({ stage: "s0", partition }));
    for (const one of tasks) {
      const known = await world.failures.read(world.deployment, one);
      if (known !== null)
        expect(await world.failures.skip(world.deployment, one, known)).toBe(true);
    }
    await expect.poll(() => counts(world)).toEqual(expectedCounts(world.good).sort());
    expect(await letters(world)).toHaveLength(1);
    await worker.stop();
  });

  it("is tried by its next owner no sooner than by the one before, and no more often", async () => {
    putPoisonIn();
    const world = await worldWith(POISON_EVENT, "stop");
    end(world);
    const first = startWorker(world, "first");
    await expect.poll(() => first.failed().length).toBeGreaterThan(5);
    await first.stop();
    const [before] = await failuresIn(world);
    const second = startWorker(world, "second");
    await expect.poll(() => second.failed().length).toBeGreaterThan(1);
    const [again] = second.failed();
    expect(again?.failure?.count).toBe((before?.count ?? 0) + 1);
    expect(again?.failure?.lastMs).toBeGreaterThanOrEqual(before?.nextTryMs ?? Infinity);
    expect(again?.retryMs).toBe(15_000);
    await second.stop();
  });

  it("finds the message by itself whose state the log refuses, and puts it aside", async () => {
    const world = await worldWith(POISON_COMMIT);
    world.log.refused = POISON_COMMIT;
    const worker = startWorker(world);
    await expect.poll(() => letters(world)).not.toEqual([]);
    await expect.poll(() => failuresIn(world)).toEqual([]);
    const put = await letters(world);
    expect(JSON.stringify(put)).toContain(POISON_COMMIT);
    expect(put[0]).toMatchObject({ reason: "poison", detail: "a message is too large" });
    const subject = Object(put[0]).subject;
    expect(subject).toContain(".x.");
    end(world);
    await expect.poll(() => counts(world)).not.toEqual([]);
    expect(await letters(world)).toHaveLength(1);
    await worker.stop();
  });

  it("fails on with its reason where windows do not close, and blames no message", async () => {
    // oxlint-disable-next-line typescript/unbound-method -- it is called on what the mock is called on
    const { advance } = Reduce.prototype;
    vi.spyOn(Reduce.prototype, "advance").mockImplementation(function* (this: Reduce, from, to) {
      if (to === END_OF_TIME_MS) throw new TypeError("a window does not close");
      yield* advance.call(this, from, to);
    });
    const world = await worldWith("post1");
    end(world);
    const worker = startWorker(world);
    await expect.poll(() => worker.failed().length).toBeGreaterThan(18);
    const found = await failuresIn(world);
    expect(found.length).toBeGreaterThan(0);
    for (const failure of found) {
      expect(failure).toMatchObject({ phase: "advance", reason: "a window does not close" });
      expect(isSkippable(failure)).toBe(false);
    }
    expect(await letters(world)).toEqual([]);
    await worker.stop();
  });

  it("is tried anew by the next version, which may have been written because of it", async () => {
    putPoisonIn();
    const world = await worldWith(POISON_EVENT, "stop");
    end(world);
    const worker = startWorker(world);
    await expect.poll(() => worker.failed().length).toBeGreaterThan(4);
    await worker.stop();
    const next = { ...world.deployment, deployedAtMs: 1 };
    const tasks = [0, 1].map((partition) => ({ stage: "s0", partition }));
    expect(deploymentId(next)).not.toBe(deploymentId(world.deployment));
    for (const task of tasks) expect(await world.failures.read(next, task)).toBeNull();
  });
});
