// A firehose that has lost what a task had not read, on a real nats-server: the task says what is gone, and
// goes on with what is left.

import { jetstreamManager } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { readProgress } from "../../cli/task-progress.ts";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { FIREHOSE_STREAM } from "../../plan/names.ts";
import { untilTopicEnds } from "../../test/support/fpaas.ts";
import { deployPlan } from "../deploy.ts";
import type { WorkerEvent } from "../worker.ts";
import { openWorld, type World } from "./world.test-support.ts";

const PROGRAM = `pipeline marks {
  from firehose('app.bsky.feed.like') |> map { n: seq, time } |> to topic('marks')
}`;

type Lost = Extract<WorkerEvent, { kind: "lost" }>;

async function marksOf(world: World): Promise<number[]> {
  return (await world.records("marks")).map(({ n }) => Number(n)).sort((a, b) => a - b);
}

/** Deletes the oldest messages, as age would. @returns the first sequence that is left */
async function deleteOldest(world: World, share: number): Promise<number> {
  const { streams } = await jetstreamManager(world.nc);
  const { first_seq, last_seq } = (await streams.info(FIREHOSE_STREAM)).state;
  const firstSeq = first_seq + Math.floor(share * (last_seq - first_seq));
  await streams.purge(FIREHOSE_STREAM, { seq: firstSeq });
  return firstSeq;
}

it("says what of the firehose was deleted while no worker ran, and goes on after it", async () => {
  await using world = await openWorld();
  await deployPlan(planOf(PROGRAM), PROGRAM, world.target);
  await world.feed(0, 100);
  const before = world.work();
  await expect.poll(async () => (await marksOf(world)).length).toBe(100);
  await before.stop();
  const readThrough = (await world.log.lastSeq(FIREHOSE_STREAM)) - 4; // Four watermarks may stand behind.
  await world.feed(100, 400);
  const firstSeq = await deleteOldest(world, 0.6);
  const lost: Lost[] = [];
  world.work(world.log, (event) => {
    if (event.kind === "lost") lost.push(event);
  });
  await world.end();
  await untilTopicEnds(world.nats.url, "marks");
  const marks = await marksOf(world);
  const next = marks.find((n) => n >= 100) ?? 0;
  expect(next).toBeGreaterThan(100);
  const rest = Array.from({ length: 400 - next }, (_, i) => next + i);
  expect(marks).toEqual([...Array.from({ length: 100 }, (_, i) => i), ...rest]);
  expect(lost.length).toBeGreaterThan(0);
  for (const { gap } of lost) {
    expect(gap).toMatchObject({ stream: FIREHOSE_STREAM, toSeq: firstSeq - 1 });
    expect(gap.fromSeq).toBeGreaterThan(readThrough - 100);
    expect(gap.fromSeq).toBeLessThan(firstSeq);
  }
  const stored = await world.store.get("local", "marks");
  const counted = stored === null ? [] : await readProgress(world.log, stored.deployment);
  const sum = lost.reduce((total, { gap }) => total + gap.toSeq - gap.fromSeq + 1, 0);
  expect(counted.reduce((total, { counters }) => total + counters.lost, 0)).toBe(sum);
});

it("misses nothing of what was deleted before it ever ran", async () => {
  await using world = await openWorld();
  await deployPlan(planOf(PROGRAM), PROGRAM, world.target);
  await world.feed(0, 100);
  await deleteOldest(world, 0.5);
  const lost: WorkerEvent[] = [];
  world.work(world.log, (event) => {
    if (event.kind === "lost") lost.push(event);
  });
  await world.end();
  await untilTopicEnds(world.nats.url, "marks");
  expect((await marksOf(world)).length).toBeLessThan(100);
  expect(lost).toEqual([]);
});
