// A pipeline that fails at a record, on a real nats-server, with one worker after the other: what people see of
// it, and `fpaas skip`.

import { jetstream } from "@nats-io/jetstream";
import { afterEach, expect, it, vi } from "vitest";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { commitSubject } from "../../plan/names.ts";
import { partitionOf } from "../../plan/partition.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { encodeRecord } from "../../runtime/eval/codec.ts";
import { likeAt, openWorld, type World } from "../../runtime/lifecycle/world.test-support.ts";
import { POISON_ROW, putPoisonIn } from "../../runtime/task/poison.test-support.ts";
import type { WorkerEvent } from "../../runtime/worker.ts";
import { untilTopicEnds } from "../../test/support/fpaas.ts";
import { EXIT } from "../exit-codes.ts";
import { runHere } from "../testing/command.ts";

const LIKES = 400;

const counted = (onPoison: string): string => `pipeline counted {
  options { on_poison: ${onPoison} }
  from firehose('app.bsky.feed.like')
  |> window tumbling(1m)
  |> reduce by record.subject as post { n: count() }
  |> to topic('counts', key: post)
}`;

afterEach(() => void vi.restoreAllMocks());

/** The counts by a plain loop, without the poisoned like. */
function expected(): string[] {
  const counts = new Map<string, number>();
  for (let n = 0; n < LIKES; n += 1) {
    const { timeMs, subject } = likeAt(n);
    const key = `${Math.floor(timeMs / 60_000)} ${subject}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, n]) => `${key} ${n}`).sort();
}

async function countsOf(world: World): Promise<string[]> {
  const records = await world.records("counts");
  return records
    .map(({ window, post, n }) => [Date.parse(Object(window).start) / 60_000, post, n].join(" "))
    .sort();
}

async function feedPoison({ nc }: World, n: number): Promise<void> {
  const { did, timeMs } = likeAt(n);
  const event = { did, seq: n, time: timeMs, kind: "commit", op: "create" };
  const record = { subject: POISON_ROW };
  await jetstream(nc).publish(
    commitSubject(partitionOf(did, 4), "create", "app.bsky.feed.like"),
    encodeRecord({ ...event, record, collection: "app.bsky.feed.like", rkey: "p", rev: "r" }),
  );
}

/** Deploys and feeds, with one poisoned like in the middle. */
async function fed(world: World, program: string): Promise<void> {
  putPoisonIn();
  await deployPlan(planOf(program), program, world.target);
  await world.feed(0, LIKES / 2);
  await feedPoison(world, LIKES / 2);
  await world.feed(LIKES / 2, LIKES);
  await world.end();
}

it("stays at the record under `stop`, whoever owns it, and goes on behind it once it is skipped", async () => {
  await using world = await openWorld();
  await fed(world, counted("stop"));
  const events: WorkerEvent[] = [];
  const failures = () => events.flatMap((one) => (one.kind === "failed" ? [one.failure] : []));
  const run = (...args: string[]) =>
    runHere([...args, "--nats", world.nats.url], process.cwd(), process.env);
  const first = world.work(world.log, (event) => events.push(event));
  await expect.poll(() => failures().length).toBe(3);
  await first.stop();
  const second = world.work(world.log, (event) => events.push(event));
  await expect.poll(() => failures().length).toBeGreaterThan(3);
  expect(failures().at(3)?.count).toBe(4);
  const [status] = JSON.parse((await run("status", "--json")).stdout);
  expect(status.state).toBe("failing");
  const failed = status.tasks.flatMap((task: { failure: unknown }) =>
    task.failure === null ? [] : [task.failure],
  );
  expect(failed).toMatchObject([
    { failing: true, phase: "message", reason: "poison in a row", skippable: true },
  ]);
  const { at } = failed[0];
  expect(at).toMatch(/^FPL_0:\d+$/);
  expect((await run("status")).stdout).toContain(`failing at ${at}`);
  expect(JSON.parse((await run("list", "--json")).stdout)).toMatchObject([{ state: "failing" }]);
  const wrong = await run("skip", "counted", "--at", "FPL_0:1");
  expect(wrong).toMatchObject({ code: EXIT.notFound });
  expect(wrong.stderr).toContain(`--at ${at}`);
  // The keys of the other partition come meanwhile.
  expect((await countsOf(world)).length).toBeLessThan(expected().length);
  expect(await run("skip", "counted", "--at", at)).toMatchObject({ code: EXIT.ok });
  await untilTopicEnds(world.nats.url, "counts");
  await second.stop();
  expect(await countsOf(world)).toEqual(expected());
  expect(await world.records("dlq.counted")).toMatchObject([
    { reason: "poison", detail: "poison in a row", stage: "s1" },
  ]);
  const none = await run("skip", "counted", "--at", at);
  expect(none).toMatchObject({ code: EXIT.notFound });
  expect(none.stderr).toContain("no task of counted fails just now");
});

it("puts the record aside by itself without it, with one worker after the other", async () => {
  await using world = await openWorld();
  await fed(world, counted("dead_letter"));
  let failed = 0;
  const onEvent = ({ kind }: WorkerEvent): void => {
    if (kind === "failed") failed += 1;
  };
  for (const tries of [1, 2, 3]) {
    const worker = world.work(world.log, onEvent);
    await expect.poll(() => failed).toBe(tries);
    await worker.stop();
  }
  world.work(world.log, onEvent);
  await untilTopicEnds(world.nats.url, "counts");
  expect(failed).toBe(4);
  expect(await countsOf(world)).toEqual(expected());
  expect(await world.records("dlq.counted")).toMatchObject([{ reason: "poison" }]);
});
