import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FIREHOSE_STREAM } from "../../../plan/names.ts";
import { type Bench, NEVER, openBench } from "./bench.test-support.ts";
import { NatsCursorStore } from "./cursor-store.ts";
import { NatsPublisher } from "./publisher.ts";
import { NatsStoredIds } from "./stored-ids.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const publication = (msgId: string) => ({
  subject: "atproto.firehose.00.ids",
  msgId,
  headers: new Map<string, string>(),
  payload: new Uint8Array(10),
});

it("knows what is stored since a time, follows what comes, and forgets it all", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  await using ids = new NatsStoredIds(bench.log, { report: () => {} });
  await ids.follow(Date.now(), NEVER); // Nothing is stored yet.
  await publisher.publish(publication("before"));
  await ids.follow(Date.now() - 60_000, NEVER);
  expect([ids.has("before"), ids.has("later")]).toEqual([true, false]);
  await publisher.publish(publication("later"));
  await expect.poll(() => ids.has("later")).toBe(true);
  await ids.follow(Date.now() + 60_000, NEVER);
  expect(ids.has("before")).toBe(false);
  ids.stop();
  expect(ids.size).toBe(0);
});

it("knows all of many ids as soon as it has followed them", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  const sinceMs = Date.now();
  const names = Array.from({ length: 4000 }, (_, i) => `all-${i}`);
  const acks = [];
  for (const name of names) acks.push((await publisher.enqueue(publication(name))).acked);
  await Promise.all(acks);
  await using ids = new NatsStoredIds(bench.log, { report: () => {} });
  await ids.follow(sinceMs - 1000, NEVER);
  expect(names.filter((name) => !ids.has(name))).toEqual([]);
});

it("says so when there are more than it may know", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  const lines: string[] = [];
  await using ids = new NatsStoredIds(bench.log, { idsMax: 3, report: (line) => lines.push(line) });
  for (const id of ["a", "b", "c", "d", "e"]) await publisher.publish(publication(`many-${id}`));
  await ids.follow(Date.now() - 60_000, NEVER);
  expect(lines).toEqual([expect.stringContaining("more than 3 ids")]);
});

it("catches up with all that is stored, of long ago and refused too, and then only with what is new", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  await publisher.publish(publication("first"));
  await publisher.publish({ ...publication("refused"), subject: "atproto.rejected.ids" });
  await using ids = new NatsStoredIds(bench.log, { report: () => {} });
  await ids.catchUp(NEVER);
  expect(["first", "refused", "second"].map((id) => ids.has(id))).toEqual([true, true, false]);
  const known = ids.size;
  await publisher.publish(publication("second"));
  expect(ids.has("second")).toBe(false);
  await ids.catchUp(NEVER);
  expect([ids.has("second"), ids.size]).toEqual([true, known + 1]);
  await ids.catchUp(NEVER);
  expect(ids.size).toBe(known + 1);
});

it("catches up with the newest of more than it may know, and says so once", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  const lines: string[] = [];
  await using ids = new NatsStoredIds(bench.log, { idsMax: 3, report: (line) => lines.push(line) });
  for (const id of ["v", "w", "x", "y", "z"]) await publisher.publish(publication(`newest-${id}`));
  await ids.catchUp(NEVER);
  const known = ["v", "w", "x", "y", "z"].filter((id) => ids.has(`newest-${id}`));
  expect(known).toEqual(["x", "y", "z"]);
  await publisher.publish(publication("newest-more"));
  await ids.catchUp(NEVER);
  expect(lines).toEqual([expect.stringContaining("more than 3 ids")]);
});

it("catches up though the last message was deleted, or there is none", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  const { streams } = await jetstreamManager(bench.nc);
  await publisher.publish(publication("stays"));
  const { seq } = await publisher.publish(publication("goes"));
  await streams.deleteMessage(FIREHOSE_STREAM, seq);
  await using ids = new NatsStoredIds(bench.log, { report: () => {} });
  await ids.catchUp(NEVER);
  expect([ids.has("stays"), ids.has("goes")]).toEqual([true, false]);
  await streams.purge(FIREHOSE_STREAM);
  await using none = new NatsStoredIds(bench.log, { report: () => {} });
  await none.catchUp(NEVER);
  expect(none.has("stays")).toBe(false);
});

it("catches up over an outage in its midst", async () => {
  await using publisher = new NatsPublisher(bench.nc);
  const names = Array.from({ length: 20_000 }, (_, i) => `outage-${i}`);
  const acks = [];
  for (const name of names) acks.push((await publisher.enqueue(publication(name))).acked);
  await Promise.all(acks);
  const begun = Promise.withResolvers<void>();
  await using ids = new NatsStoredIds(bench.log, {
    report: () => {},
    onProgress: () => begun.resolve(),
  });
  const done = ids.catchUp(NEVER);
  await begun.promise;
  await bench.nats.crash();
  await bench.nats.restart();
  await done;
  expect(names.filter((name) => !ids.has(name))).toEqual([]);
});

it("does not store again what it sent before an outage longer than the window, the answer being lost", async () => {
  await using first = new NatsPublisher(bench.nc);
  await first.publish(publication("lost answer"));
  await using ids = new NatsStoredIds(bench.log, { report: () => {} });
  // A window so short that everything sent again has to be looked up, and the server's own is not asked.
  await using publisher = new NatsPublisher(bench.nc, { stored: { ids, windowMs: 0 } });
  await bench.nats.stop();
  const again = await publisher.enqueue(publication("lost answer"));
  const fresh = await publisher.enqueue(publication("fresh"));
  await bench.nats.restart();
  expect(await again.acked).toEqual({ seq: 0, duplicate: true });
  expect((await fresh.acked).seq).toBeGreaterThan(0);
  expect(publisher.duplicates).toBe(1);
});

it("moves a cursor only forwards, and tells who lags how far others are", async () => {
  const store = await NatsCursorStore.open(bench.nc);
  const key = "relay.host";
  expect(await store.load(key)).toBeNull();
  expect(await store.save(key, 50, 0)).toMatchObject({ position: 50, numbering: 0 });
  expect(await store.save(key, 40, 0)).toMatchObject({ position: 50, numbering: 0 });
  expect(await store.save(key, 3, 1)).toMatchObject({ position: 3, numbering: 1 });
  expect(await store.save(key, 90, 0)).toMatchObject({ position: 3, numbering: 1 });
  const loaded = await store.load(key);
  expect(loaded).toMatchObject({ position: 3, numbering: 1 });
  expect(Math.abs(Date.now() - (loaded?.savedAtMs ?? 0))).toBeLessThan(60_000);
});

it("keeps the furthest of many that save at once", async () => {
  const store = await NatsCursorStore.open(bench.nc);
  const positions = [5, 1, 9, 3, 7, 2];
  await Promise.all(positions.map((position) => store.save("relay.race", position, 0)));
  expect((await store.load("relay.race"))?.position).toBe(9);
});
