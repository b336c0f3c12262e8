import { jetstreamManager, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { startTestNats } from "../../testing/nats.ts";
import { connectNats } from "./connect.ts";
import { changeStreams, compareStreams } from "./stream-setup.ts";
import { ensureStreams, replicasPossible } from "./streams.ts";

const WANTED = { partitions: 4, buckets: 2, firehoseBytesMax: 10e6 };

it("finds everything missing, then everything as wanted", async () => {
  await using nats = await startTestNats();
  await using nc = await connected(nats.url);
  const states = async () =>
    new Set((await compareStreams(nc.connection, WANTED)).map(({ state }) => state));
  expect(await states()).toEqual(new Set(["missing"]));
  await ensureStreams(nc.connection, WANTED);
  expect(await states()).toEqual(new Set(["as wanted"]));
  expect(await replicasPossible(nc.connection)).toBe(1);
});

it("changes age, bytes and window, and keeps the messages", async () => {
  await using nats = await startTestNats();
  await using nc = await connected(nats.url);
  await ensureStreams(nc.connection, WANTED);
  const { streams, jetstream } = await jetstreamManager(nc.connection).then((jsm) => ({
    streams: jsm.streams,
    jetstream: jsm.jetstream(),
  }));
  await jetstream.publish("atproto.firehose.00.sync", "kept");
  const other = {
    ...WANTED,
    firehoseBytesMax: 20e6,
    firehoseMaxAgeMs: 3_600_000,
    duplicateWindowMs: 60_000,
  };
  const [firehose, rejected] = await compareStreams(nc.connection, other);
  expect(firehose?.differences).toEqual([
    { setting: "max_age_ms", is: "86400000", wanted: "3600000", fixed: null },
    { setting: "max_bytes", is: "10000000", wanted: "20000000", fixed: null },
    { setting: "duplicate_window_ms", is: "120000", wanted: "60000", fixed: null },
  ]);
  expect(rejected?.state).toBe("different");
  await changeStreams(nc.connection, other);
  const after = await compareStreams(nc.connection, other);
  expect(new Set(after.map(({ state }) => state))).toEqual(new Set(["as wanted"]));
  expect((await streams.info("FIREHOSE")).state.messages).toBe(1);
});

it("says what cannot be changed, and why", async () => {
  await using nats = await startTestNats();
  await using nc = await connected(nats.url);
  await ensureStreams(nc.connection, WANTED);
  const [firehose] = await compareStreams(nc.connection, { ...WANTED, partitions: 8, buckets: 16 });
  expect(firehose?.differences).toEqual([
    { setting: "partitions", is: "4", wanted: "8", fixed: expect.stringContaining("keys would") },
    { setting: "buckets", is: "2", wanted: "16", fixed: expect.stringContaining("keys would") },
  ]);
});

it("tells a stranger's stream of our name, and the settings that the server fixes", async () => {
  await using nats = await startTestNats();
  await using nc = await connected(nats.url);
  const { streams } = await jetstreamManager(nc.connection);
  await streams.add({
    name: "FIREHOSE",
    subjects: ["other"],
    storage: StorageType.Memory,
    retention: RetentionPolicy.Interest,
  });
  const [firehose] = await compareStreams(nc.connection, WANTED);
  const fixed = firehose?.differences.filter((one) => one.fixed !== null) ?? [];
  expect(fixed.map(({ setting }) => setting)).toEqual([
    "owner",
    "partitions",
    "buckets",
    "storage",
    "retention",
  ]);
  // What we call fixed, the server does refuse.
  const { config } = await streams.info("FIREHOSE");
  for (const change of [{ storage: StorageType.File }, { retention: RetentionPolicy.Workqueue }]) {
    await expect(streams.update("FIREHOSE", { ...config, ...change })).rejects.toThrow();
  }
});

async function connected(url: string) {
  const connection = await connectNats({ url, name: "test" });
  return { connection, [Symbol.asyncDispose]: () => connection.close() };
}
