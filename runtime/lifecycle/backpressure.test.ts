// A bucket stream that is full, on a real nats-server: tasks wait and say so, their readers stop, nothing is
// lost, and they go on when there is room again.

import { jetstreamManager } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { FIREHOSE_STREAM } from "../../plan/names.ts";
import { untilTopicEnds } from "../../test/support/fpaas.ts";
import { systemClock } from "../adapters/system-clock.ts";
import { deployPlan } from "../deploy.ts";
import { Reporter } from "../reports.ts";
import { openWorld, STREAM, type World } from "./world.test-support.ts";

const LIKES = 8000;
/** Some 15 000 messages fill all that readers and tasks hold. */
const LIKES_MAX = 80_000;
const ROOM_BYTES = 40_000;

const PROGRAM = `pipeline marks {
  from firehose('app.bsky.feed.like') |> map { n: seq } |> to topic('marks', key: n)
}`;

async function bound(world: World, maxBytes: number): Promise<void> {
  const { streams } = await jetstreamManager(world.nc);
  const { config } = await streams.info(STREAM);
  await streams.update(STREAM, { ...config, max_bytes: maxBytes });
}

/** Messages of the firehose that its readers have not been sent. */
async function unread(world: World): Promise<number> {
  const { consumers } = await jetstreamManager(world.nc);
  let pending = 0;
  for await (const info of consumers.list(FIREHOSE_STREAM)) pending += info.num_pending;
  return pending;
}

it("makes tasks wait while a bucket is full, and go on without loss when there is room", async () => {
  await using world = await openWorld();
  await deployPlan(planOf(PROGRAM), PROGRAM, world.target);
  const { streams } = await jetstreamManager(world.nc);
  await bound(world, (await streams.info(STREAM)).state.bytes + ROOM_BYTES);
  await world.feed(0, LIKES);
  const reporter = new Reporter("w", systemClock);
  const worker = world.work(world.log, (event) => reporter.take(event));
  const blockedMs = () =>
    [...worker.reports.values()].reduce((sum, { times }) => sum + times.blockedMs, 0);
  const bytes = async () => (await streams.info(STREAM)).state.bytes;
  let seen = { bytes: 0, blockedMs: 0 };
  /** How long tasks say that they wait, all in all, since the stream has taken anything. */
  const refusedMs = async (): Promise<number> => {
    const now = { bytes: await bytes(), blockedMs: blockedMs() };
    if (now.bytes !== seen.bytes) seen = now;
    return now.blockedMs - seen.blockedMs;
  };
  // A task says that it waits while it waits, not only when it has been let through.
  await expect.poll(refusedMs).toBeGreaterThan(5000);
  expect(Object.values(reporter.next().tasks).some(({ blocked }) => blocked > 0)).toBe(true);
  expect((await world.records("marks")).length).toBeLessThan(LIKES);
  // Readers stop, so memory is bounded: what more comes does not leave the server.
  let likes = LIKES;
  while ((await unread(world)) === 0 && likes < LIKES_MAX) {
    await world.feed(likes, likes + LIKES);
    likes += LIKES;
  }
  expect(await unread(world)).toBeGreaterThan(0);
  await world.end();
  await bound(world, -1);
  await untilTopicEnds(world.nats.url, "marks");
  const marks = (await world.records("marks")).map(({ n }) => Number(n)).sort((a, b) => a - b);
  expect(marks).toEqual(Array.from({ length: likes }, (_, n) => n));
});
