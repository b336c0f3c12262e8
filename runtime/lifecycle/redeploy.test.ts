// One version after another on a real nats-server while the firehose keeps coming: what the topics hold in
// the end must be what one version would have written, each input once.

import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isThrough, readProgress } from "../../cli/task-progress.ts";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { tasksOf } from "../../plan/deployment.ts";
import { pipelineSubjects, topicSubject, VERSIONS_BUCKET } from "../../plan/names.ts";
import { untilTopicEnds } from "../../test/support/fpaas.ts";
import { systemClock } from "../adapters/system-clock.ts";
import { deletePipeline, deployPlan, restartPipeline } from "../deploy.ts";
import { type CommitResult, type Log, LogUnavailable } from "../ports.ts";
import { runStageTask } from "../task/stage-task.ts";
import { ForwardingLog } from "../testing/forwarding-log.ts";
import { likeAt, openWorld, STREAM, type World } from "./world.test-support.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const LIKES = 600;
const deploy = (program: string) => deployPlan(planOf(program), program, world.target);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Every like with the mark `v`: no state but the position. */
const marked = (v: number, partitions = 2): string => `pipeline marked {
  options { partitions: ${partitions} }
  from firehose('app.bsky.feed.like')
  |> map { n: seq, v: ${v} }
  |> to topic('marks', key: n)
}`;

/** Likes of a post a minute. `after` stands behind the reduce. */
const counted = (after: string, size = "1m"): string => `pipeline counted {
  from firehose('app.bsky.feed.like')
  |> window tumbling(size: ${size})
  |> reduce by record.subject as post { n: count(), last: last(seq) }
  |> ${after}
  |> to topic('counts', key: post)
}`;

/** The same by a plain loop. */
function expectedCounts(likes: number): string[] {
  const counts = new Map<string, { n: number; last: number }>();
  for (const n of upTo(likes)) {
    const { timeMs, subject } = likeAt(n);
    const key = `${Math.floor(timeMs / 60_000) * 60_000} ${subject}`;
    counts.set(key, { n: (counts.get(key)?.n ?? 0) + 1, last: n });
  }
  return [...counts].map(([key, { n, last }]) => `${key} ${n} ${last}`).sort();
}

function countLines(records: readonly Record<string, unknown>[]): string[] {
  return records
    .map(({ window, post, n, last }) => {
      const { start } = window as { start: string }; // As `reduce` writes it.
      return [Date.parse(start), post, n, last].join(" ");
    })
    .sort();
}

describe("redeploying while events come", () => {
  it("takes every event once, whichever version, and no later version's before an earlier's", async () => {
    await deploy(marked(1));
    world.work();
    const each = LIKES / 5;
    for (let v = 2; v <= 6; v += 1) {
      const before = (await world.records("marks")).length;
      const feeding = world.feed(each * (v - 2), each * (v - 1));
      await expect.poll(async () => (await world.records("marks")).length).toBeGreaterThan(before);
      // The number of partitions changes too: each firehose partition goes on from its own place.
      expect((await deploy(marked(v, 1 + (v % 3)))).version).toBe(v);
      await feeding;
    }
    await world.end();
    await untilTopicEnds(world.nats.url, "marks");
    const records = await world.records("marks");
    expect(records.map(({ n }) => n).sort((a, b) => Number(a) - Number(b))).toEqual(upTo(LIKES));
    const versions = records.map(({ v }) => Number(v));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBeGreaterThan(2);
  });

  it("keeps the counts of open windows when only what stands behind them is edited", async () => {
    await deploy(counted("map { post, n, last, window }"));
    world.work();
    const feeding = world.feed(0, LIKES);
    for (const v of [2, 3, 4]) {
      await expect.poll(async () => (await world.records("counts")).length).toBeGreaterThan(v);
      const { change } = await deploy(counted(`map { post, n, last, window, v: ${v} }`));
      expect(change.stages).toMatchObject([
        { kind: "kept", stage: "s0" },
        { kind: "edited", stage: "s1", stateful: true },
      ]);
    }
    await feeding;
    await world.end();
    await untilTopicEnds(world.nats.url, "counts");
    const records = await world.records("counts");
    expect(countLines(records)).toEqual(expectedCounts(LIKES));
    expect(new Set(records.map(({ v }) => v)).size).toBeGreaterThan(1);
  });

  it("is through with a source that was through before, with every stage rebuilt", async () => {
    await deploy(marked(1));
    world.work();
    await world.feed(0, 40);
    await world.end();
    await untilTopicEnds(world.nats.url, "marks");
    // Other partitions: the stage that reads the firehose begins again, behind the end of it.
    await deploy(marked(2, 3));
    const stored = await world.store.get("local", "marked");
    const progress = () => readProgress(world.log, stored?.deployment ?? missing());
    await expect.poll(async () => (await progress()).map(isThrough)).toEqual([true, true, true]);
    await untilTopicEnds(world.nats.url, "marks");
    expect(await world.records("marks")).toHaveLength(40);
  });

  it("is through with a topic of several producers that was through before", async () => {
    const reader = (source: string): string => `pipeline reader {
      from ${source} |> filter n != null |> map { n } |> to topic('again')
    }`;
    await deploy(marked(1, 3));
    await deploy(reader("topic('marks')"));
    world.work();
    await world.feed(0, 40);
    await world.end();
    await untilTopicEnds(world.nats.url, "again");
    // Another source: the stage begins again, and one input goes on behind the end of the topic.
    const { change } = await deploy(reader("union { topic('marks'), topic('marks') as other }"));
    expect(change.stages).toMatchObject([{ kind: "rebuilt", stage: "s0" }]);
    const stored = await world.store.get("local", "reader");
    const progress = () => readProgress(world.log, stored?.deployment ?? missing());
    await expect.poll(async () => (await progress()).map(isThrough)).toEqual([true]);
    await untilTopicEnds(world.nats.url, "again");
    expect(await world.records("again")).toHaveLength(40);
  });

  it("sends no window twice when the reduce is edited, and begins it empty", async () => {
    await deploy(counted("filter n > 0"));
    world.work();
    await world.feed(0, 300);
    await expect.poll(async () => (await world.records("counts")).length).toBeGreaterThan(5);
    const edited = counted("filter n > 0").replace("count()", "sum(1)");
    const { change } = await deploy(edited);
    expect(change.stages).toMatchObject([
      { kind: "edited", stage: "s0" },
      { kind: "rebuilt", stage: "s1", why: ["what comes to it", "aggregates"] },
    ]);
    await world.feed(300, LIKES);
    await world.end();
    await untilTopicEnds(world.nats.url, "counts");
    const lines = countLines(await world.records("counts"));
    const windows = lines.map((line) => line.split(" ").slice(0, 2).join(" "));
    expect(windows).toEqual([...new Set(windows)]);
    // What was out before, and every window that begins after the seam, is whole.
    const expected = new Set(expectedCounts(LIKES));
    const [open] = lines.filter((line) => !expected.has(line)).map((line) => line.split(" ")[0]);
    const partial = lines.filter((line) => !expected.has(line));
    expect(new Set(partial.map((line) => line.split(" ")[0]))).toEqual(new Set([open]));
  });

  it("begins with what is kept of the firehose and goes on live, without a gap or a double", async () => {
    await world.feed(0, LIKES);
    world.work();
    const feeding = world.feed(LIKES, 2 * LIKES);
    await deploy(marked(1));
    await deploy(counted("filter n > 0"));
    await feeding;
    await world.end();
    await untilTopicEnds(world.nats.url, "marks");
    await untilTopicEnds(world.nats.url, "counts");
    const marks = (await world.records("marks")).map(({ n }) => Number(n));
    expect(marks.sort((a, b) => a - b)).toEqual(upTo(2 * LIKES));
    expect(countLines(await world.records("counts"))).toEqual(expectedCounts(2 * LIKES));
  });

  it("lets readers see the partitions their topic gains, before anything stands in them", async () => {
    const owner = (partitions: number): string => `pipeline marked {
      from firehose('app.bsky.feed.like')
      |> map { n: seq, subject: record.subject, time }
      |> to topic('marks', key: n, partitions: ${partitions})
    }`;
    const reader = `pipeline reader {
      from topic('marks')
      |> window tumbling(size: 1m)
      |> reduce by subject as post { n: count(), last: last(n) }
      |> to topic('counts', key: post)
    }`;
    await deploy(owner(1));
    await deploy(reader);
    world.work();
    const feeding = world.feed(0, LIKES);
    await expect.poll(async () => (await world.records("counts")).length).toBeGreaterThan(5);
    const { change } = await deploy(owner(3));
    expect(change.topics).toContainEqual({ kind: "grown", topic: "marks", partitions: 3 });
    await feeding;
    await world.end();
    await untilTopicEnds(world.nats.url, "counts");
    expect((await world.store.get("local", "reader"))?.deployment).toMatchObject({
      version: 2,
      lineages: { s0: "v1.s0", s1: "v1.s1" },
      topics: { marks: { partitions: 3 } },
    });
    const counts = await world.records("counts");
    expect(counts.reduce((sum, { n }) => sum + Number(n), 0)).toBe(LIKES);
    expect(new Set(counts.map(({ post, window }) => JSON.stringify([post, window]))).size).toBe(
      counts.length,
    );
    expect((await deploy(owner(2))).kind).toBe("unchanged");
  });
});

/** A log whose commits wait until they are let go: a process that is stopped at the worst moment. */
class StoppedLog extends ForwardingLog {
  readonly #go = Promise.withResolvers<void>();
  readonly #reached = Promise.withResolvers<void>();
  readonly results: CommitResult[] = [];

  get reached(): Promise<void> {
    return this.#reached.promise;
  }
  go(): void {
    this.#go.resolve();
  }
  override async commit(...args: Parameters<Log["commit"]>): Promise<CommitResult> {
    this.#reached.resolve();
    await this.#go.promise;
    const result = await super.commit(...args);
    this.results.push(result);
    return result;
  }
}

/** Runs the first task of the deployed `marked` on a log that stops it before its first commit. */
async function stoppedTask() {
  const stored = await world.store.get("local", "marked");
  const [task] = tasksOf(stored?.deployment ?? missing());
  const log = new StoppedLog(world.log);
  const ports = { log, clock: systemClock, report: () => undefined };
  const never = new AbortController().signal;
  const ended = runStageTask(stored?.deployment ?? missing(), task ?? missing(), ports, never);
  await log.reached;
  return { log, ended };
}

function missing(): never {
  throw new Error("not deployed");
}

async function subjectsOf(filter: string, stream = STREAM): Promise<string[]> {
  const { streams } = await jetstreamManager(world.nc);
  const { state } = await streams.info(stream, { subjects_filter: filter });
  return Object.keys(state.subjects ?? {});
}

const ALL = pipelineSubjects({ bucket: 0, tenant: "local", pipeline: "marked" });

describe("a task that was stopped before its first commit and wakes up later", () => {
  it.each([
    ["redeployed with its state kept", () => deploy(marked(2, 1))],
    ["rebuilt with other partitions", () => deploy(marked(2, 3))],
    ["restarted", async () => restart({ at: "first" })],
  ])("is refused when its pipeline was %s", async (_, change) => {
    await world.feed(0, 100);
    await deploy(marked(1, 1));
    const zombie = await stoppedTask();
    await change();
    zombie.log.go();
    expect(await zombie.ended).toBe("fenced");
    expect(zombie.log.results).toEqual([{ kind: "fenced" }]);
    expect(await world.records("marks")).toEqual([]);
  });

  it("is refused when its pipeline was deleted, and deployed again, and every subject is gone", async () => {
    await world.feed(0, 100);
    await deploy(marked(1, 1));
    const zombie = await stoppedTask();
    expect(await subjectsOf(ALL)).not.toEqual([]);
    await deletePipeline("local", "marked", world.target);
    expect(await subjectsOf(ALL)).toEqual([]);
    await deploy(marked(1, 1));
    zombie.log.go();
    expect(await zombie.ended).toBe("fenced");
    expect(await world.records("marks")).toEqual([]);
  });
});

async function restart(begin: { at: "first" | "new" } | { at: "time"; ms: number }) {
  const stored = await world.store.get("local", "marked");
  return await restartPipeline(stored ?? missing(), { begin, clearTopics: true }, world.target);
}

describe("restarting and deleting", () => {
  it("runs again from the first event, from an instant, and from what comes", async () => {
    await deploy(marked(1));
    world.work();
    await world.feed(0, 100);
    const marks = async () =>
      (await world.records("marks")).map(({ n }) => Number(n)).sort((a, b) => a - b);
    await expect.poll(marks).toEqual(upTo(100));
    await restart({ at: "first" });
    await expect.poll(marks).toEqual(upTo(100));
    await restart({ at: "time", ms: likeAt(60).timeMs });
    await expect.poll(marks).toEqual(upTo(100).slice(60));
    await restart({ at: "new" });
    await world.feed(100, 150);
    await expect.poll(marks).toEqual(upTo(150).slice(100));
    expect((await world.store.get("local", "marked"))?.deployment.version).toBe(4);
  });

  it("leaves no subject of the pipeline behind while its tasks are running", async () => {
    await deploy(marked(1));
    await deploy(marked(2));
    const worker = world.work();
    const feeding = world.feed(0, LIKES);
    await expect.poll(() => world.records("marks")).not.toEqual([]);
    expect((await subjectsOf(`$KV.${VERSIONS_BUCKET}.>`, `KV_${VERSIONS_BUCKET}`)).length).toBe(2);
    expect(await deletePipeline("local", "marked", world.target)).toBe(true);
    expect(await subjectsOf(ALL)).toEqual([]);
    await feeding;
    await worker.stop();
    expect(await subjectsOf(ALL)).toEqual([]);
    expect(await world.store.versions("local", "marked")).toEqual([]);
    expect(await world.store.topics("local")).toEqual(new Map());
  });
});

describe("a deploy that is cut short", () => {
  /** Fails from commit number `from` on. */
  class FailingLog extends ForwardingLog {
    #left: number;

    constructor(from: number) {
      super(world.log);
      this.#left = from;
    }

    override async commit(...args: Parameters<Log["commit"]>): Promise<CommitResult> {
      this.#left -= 1;
      if (this.#left <= 0) throw new LogUnavailable("cut short");
      return await super.commit(...args);
    }
  }

  it.each([1, 2, 3, 4])(
    "at write %i is finished by the next one, with nothing lost",
    async (at) => {
      await deploy(marked(1, 2));
      const first = world.work();
      await world.feed(0, 200);
      await expect.poll(async () => (await world.records("marks")).length).toBe(200);
      const cut = deployPlan(planOf(marked(2, 3)), "", {
        ...world.target,
        log: new FailingLog(at),
      });
      await expect(cut).rejects.toThrow("cut short");
      await world.feed(200, 400);
      expect((await deploy(marked(2, 3))).kind).toBe("unchanged");
      await world.end();
      await untilTopicEnds(world.nats.url, "marks");
      const records = await world.records("marks");
      const marks = records.map(({ n }) => Number(n)).sort((a, b) => a - b);
      expect(marks).toEqual(upTo(400));
      expect(records.filter(({ v }) => v === 2)).toHaveLength(200);
      await first.stop();
    },
  );

  it("and then a straggler of the version before finds its partition taken", async () => {
    const at = { bucket: 0, tenant: "local", pipeline: "marked" };
    await deploy(marked(1, 1));
    await world.feed(0, 50);
    const zombie = await stoppedTask();
    const cut = deployPlan(planOf(marked(2, 3)), "", { ...world.target, log: new FailingLog(2) });
    await expect(cut).rejects.toThrow("cut short");
    zombie.log.go();
    expect(await zombie.ended).toBe("fenced");
    expect(await world.log.last(STREAM, topicSubject(at, "marks", 0))).toBeNull();
  });
});
