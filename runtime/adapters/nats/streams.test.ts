import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { expect, it } from "vitest";
import {
  CURSORS_BUCKET,
  PLANS_BUCKET,
  REPORTS_BUCKET,
  TOPICS_BUCKET,
  VERSIONS_BUCKET,
  WORKERS_BUCKET,
} from "../../../plan/names.ts";
import { startTestNats } from "../../testing/nats.ts";
import { connectNats } from "./connect.ts";
import { NatsUnreachable, NatsUnsupported } from "./errors.ts";
import { describeStreams, ensureStreams } from "./streams.ts";

it("makes the streams once and keeps their number of partitions and buckets", async () => {
  await using nats = await startTestNats();
  const nc = await connectNats({ url: nats.url, name: "test" });
  expect(await describeStreams(nc)).toBeNull();
  const layout = { partitions: 4, buckets: 2 };
  const both = [ensureStreams(nc, layout), ensureStreams(nc, layout)];
  expect(await Promise.all(both)).toEqual([layout, layout]);
  expect(await ensureStreams(nc, { partitions: 16, buckets: 1 })).toEqual(layout);
  expect(await describeStreams(nc)).toEqual(layout);
  const names: string[] = [];
  for await (const { config } of (await jetstreamManager(nc)).streams.list()) {
    names.push(config.name);
  }
  const buckets = [
    PLANS_BUCKET,
    VERSIONS_BUCKET,
    TOPICS_BUCKET,
    CURSORS_BUCKET,
    WORKERS_BUCKET,
    REPORTS_BUCKET,
  ];
  const expected = [
    "FIREHOSE",
    "REJECTED",
    "FPL_0",
    "FPL_1",
    ...buckets.map((each) => `KV_${each}`),
  ];
  expect(names.sort()).toEqual(expected.sort());
  const kv = await new Kvm(nc).open(PLANS_BUCKET);
  await kv.put("a", "b");
  expect((await kv.get("a"))?.string()).toBe("b");
  await nc.close();
});

it("sets what the design asks of each stream", async () => {
  await using nats = await startTestNats();
  const nc = await connectNats({ url: nats.url, name: "test" });
  await ensureStreams(nc, { partitions: 4, buckets: 1, duplicateWindowMs: 60_000 });
  const { streams } = await jetstreamManager(nc);
  expect((await streams.info("FIREHOSE")).config).toMatchObject({
    storage: "file",
    retention: "limits",
    max_age: 24 * 3600 * 1e9,
    duplicate_window: 60 * 1e9,
    metadata: { "fpaas.partitions": "4", "fpaas.buckets": "1" },
  });
  expect((await streams.info("FPL_0")).config).toMatchObject({
    allow_atomic: true,
    allow_direct: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
  });
  expect((await streams.info("KV_fpaas_workers")).config.max_age).toBe(5 * 1e9);
  await nc.close();
});

it("refuses streams that somebody else made", async () => {
  await using nats = await startTestNats();
  const nc = await connectNats({ url: nats.url, name: "test" });
  const { streams } = await jetstreamManager(nc);
  await streams.add({ name: "FIREHOSE", subjects: ["other"] });
  await expect(ensureStreams(nc, { partitions: 4, buckets: 1 })).rejects.toThrow(NatsUnsupported);
  await streams.delete("FIREHOSE");
  await streams.add({ name: "FPL_0", subjects: ["fpl.0.>"] });
  await expect(ensureStreams(nc, { partitions: 4, buckets: 1 })).rejects.toThrow(/without atomic/);
  await nc.close();
});

it("names the URL, without its password, when nobody answers there", async () => {
  const failed = connectNats({ url: "nats://me:secret@127.0.0.1:1", name: "test" });
  await expect(failed).rejects.toThrow(NatsUnreachable);
  await expect(failed).rejects.toThrow(/^cannot connect to NATS at nats:\/\/127.0.0.1:1: /);
});

it("reports when the connection is lost and when it is back", async () => {
  await using nats = await startTestNats();
  const lines: string[] = [];
  const nc = await connectNats({ url: nats.url, name: "test", report: (line) => lines.push(line) });
  await nats.crash();
  await nats.restart();
  await expect
    .poll(() => lines)
    .toEqual(["nats: connection lost, reconnecting", "nats: connected again"]);
  await nc.close();
});
