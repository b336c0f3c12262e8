import { jetstreamManager } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { startTestNats } from "../../testing/nats.ts";
import { connectNats } from "./connect.ts";
import { inspectStreams } from "./inspect.ts";
import {
  BUCKET_BYTES_MAX,
  KV_BYTES_MAX,
  REJECTED_BYTES_MAX,
  ROOM_BYTES_MIN,
  shareOut,
  withBounds,
} from "./stream-bounds.ts";
import { KV_BUCKETS } from "./stream-config.ts";
import { changeStreams, compareStreams } from "./stream-setup.ts";
import { ensureStreams } from "./streams.ts";

const GB = 1e9;
const LAYOUT = { partitions: 8, buckets: 16 };

async function connected(storeBytesMax: number) {
  const nats = await startTestNats({ storeBytesMax });
  const nc = await connectNats({ url: nats.url, name: "test" });
  return {
    nc,
    jsm: await jetstreamManager(nc),
    [Symbol.asyncDispose]: async () => {
      await nc.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

it.each([0.5 * GB, 2 * GB, 1000 * GB])(
  "bounds everything on a server of %d bytes, and leaves some of them free",
  async (storeBytesMax) => {
    await using server = await connected(storeBytesMax);
    await ensureStreams(server.nc, LAYOUT);
    const all = await inspectStreams(server.nc);
    expect(all).toHaveLength(2 + 16 + KV_BUCKETS.length);
    expect(all.filter(({ bytesMax }) => bytesMax === null)).toEqual([]);
    const held = all.reduce((sum, { bytesMax }) => sum + (bytesMax ?? 0), 0);
    expect(held).toBeLessThan(0.8 * storeBytesMax);
    // What must not lose anything refuses the newest.
    const dropping = all.filter(({ dropsOldest }) => dropsOldest).map(({ name }) => name);
    expect(dropping).toEqual(["FIREHOSE", "REJECTED"]);
  },
);

it("changes nothing the second time, on a server with little room", async () => {
  await using server = await connected(2 * GB);
  await ensureStreams(server.nc, LAYOUT);
  const before = await inspectStreams(server.nc);
  const again = await withBounds(server.jsm, LAYOUT);
  const states = (await compareStreams(server.nc, again)).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(["as wanted"]));
  await ensureStreams(server.nc, again);
  const sizes = (all: typeof before) => all.map(({ name, bytesMax }) => [name, bytesMax]);
  expect(sizes(await inspectStreams(server.nc))).toEqual(sizes(before));
});

it("gives bounds to streams of an older version, with room for what they hold", async () => {
  await using server = await connected(2 * GB);
  const { nc, jsm } = server;
  await ensureStreams(nc, { ...LAYOUT, buckets: 1 });
  for (const name of ["FPL_0", "KV_fpaas_plans"]) {
    await jsm.streams.update(name, { ...(await jsm.streams.info(name)).config, max_bytes: -1 });
  }
  const wanted = await withBounds(jsm, { ...LAYOUT, buckets: 1 });
  const different = async () =>
    (await compareStreams(nc, wanted)).filter(({ state }) => state === "different");
  expect((await different()).map(({ name }) => name)).toEqual(["FPL_0", "KV_fpaas_plans"]);
  await changeStreams(nc, wanted);
  expect(await different()).toEqual([]);
  const unbounded = (await inspectStreams(nc)).filter(({ bytesMax }) => bytesMax === null);
  expect(unbounded).toEqual([]);
});

it("bounds nothing where there is hardly any room", async () => {
  await using server = await connected(ROOM_BYTES_MIN / 2);
  await ensureStreams(server.nc, { partitions: 1, buckets: 1 });
  const bounded = (await inspectStreams(server.nc)).filter(({ bytesMax }) => bytesMax !== null);
  expect(bounded).toEqual([]);
});

it("gives nothing more than is enough for it, however much room there is", () => {
  const { bucket, rejected, kv } = shareOut(1e15, { buckets: 16 });
  expect([bucket, rejected]).toEqual([BUCKET_BYTES_MAX, REJECTED_BYTES_MAX]);
  expect(kv("fpaas_versions")).toBe(KV_BYTES_MAX.fpaas_versions);
  const asked = shareOut(1e15, { buckets: 16, bucketBytesMax: 5 });
  expect(asked.bucket).toBe(5);
});
