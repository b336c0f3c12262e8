import { expect, it } from "vitest";
import { FIREHOSE_STREAM } from "../../../plan/names.ts";
import { startTestNats } from "../../testing/nats.ts";
import { connectNats, type NatsConnection } from "../nats/connect.ts";
import { ensureStreams } from "../nats/streams.ts";
import { SharedLog } from "./shared-log.ts";

it("is one log until its connection closes for good, then a new one", async () => {
  await using nats = await startTestNats();
  const opened: NatsConnection[] = [];
  const shared = new SharedLog(async () => {
    const connection = await connectNats({ url: nats.url, name: "test" });
    opened.push(connection);
    return connection;
  });
  const [first, same] = await Promise.all([shared.get(), shared.get()]);
  expect(same).toBe(first);
  if (opened[0] !== undefined) {
    await ensureStreams(opened[0], { buckets: 1, partitions: 1 });
    await opened[0].close();
  }
  const next = await shared.get();
  expect(next).not.toBe(first);
  expect(await next.lastSeq(FIREHOSE_STREAM)).toBe(0);
  expect(opened).toHaveLength(2);
  await opened[1]?.close();
});

it("tries again when connecting failed", async () => {
  let tries = 0;
  const shared = new SharedLog(async () => {
    tries += 1;
    throw new Error("nobody there");
  });
  await expect(shared.get()).rejects.toThrow("nobody there");
  await expect(shared.get()).rejects.toThrow("nobody there");
  expect(tries).toBe(2);
});
