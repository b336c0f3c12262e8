import { expect, it } from "vitest";
import { END_OF_TIME_MS } from "../plan/event.ts";
import { HEADER } from "../plan/names.ts";
import { connectNats } from "../runtime/adapters/nats/connect.ts";
import { inspectStreams } from "../runtime/adapters/nats/inspect.ts";
import { NatsLog } from "../runtime/adapters/nats/nats-log.ts";
import type { LogMessage } from "../runtime/ports.ts";
import { startTestNats } from "../runtime/testing/nats.ts";
import { measureStorage, newestEvents, storedBytes } from "./storage.ts";
import { TestFolder } from "./testing/command.ts";
import { makeRecording } from "./testing/programs.ts";

const event = (payloadBytes: number): LogMessage => ({
  subject: "atproto.firehose.00.sync",
  seq: 1,
  headers: new Map(),
  payload: Buffer.alloc(payloadBytes),
});
const watermark = (timeMs: number): LogMessage => ({
  ...event(0),
  headers: new Map([[HEADER.watermark, String(timeMs)]]),
});

it("measures sizes by rank, and projects a day with replicas and safety factor", () => {
  const base = storedBytes(event(0));
  const events = Array.from({ length: 100 }, (_, i) => event(i + 1));
  const report = measureStorage([watermark(1000), ...events, watermark(11_000)], 3);
  expect(report).toEqual({
    events: 100,
    bytes: { mean: base + 50.5, p50: base + 50, p95: base + 95, p99: base + 99 },
    seconds: 10,
    eventsPerSecond: 10,
    dayBytes: 10 * (base + 50.5) * 86_400 * 3 * 2,
  });
});

it("knows no rate without two watermarks, and takes the last one of a recording for none", () => {
  const messages = [watermark(1000), event(1), watermark(END_OF_TIME_MS)];
  expect(measureStorage(messages, 1)).toMatchObject({ seconds: null, dayBytes: null });
  expect(measureStorage([watermark(1000)], 1)).toBeNull();
});

it("counts the bytes that the server counts, and shows them", async () => {
  await using nats = await startTestNats();
  await using folder = await TestFolder.create();
  await folder.write("made.frames.zst", await makeRecording());
  const env = { NATS_URL: nats.url };
  expect((await folder.run(["init", "--buckets", "1", "--max-bytes", "1GB"], env)).code).toBe(0);
  expect((await folder.run(["doctor", "--storage"], env)).code).toBe(5);
  await folder.run(["shuffler", "--from", "made.frames.zst", "--close-windows"], env);
  const connection = await connectNats({ url: nats.url, name: "test" });
  const { signal } = new AbortController();
  const messages = await newestEvents(new NatsLog(connection), signal);
  const streams = await inspectStreams(connection);
  await connection.close();
  const stream = streams.find(({ name }) => name === "FIREHOSE");
  expect(messages).toHaveLength(stream?.messages ?? -1);
  expect(messages.reduce((sum, message) => sum + storedBytes(message), 0)).toBe(stream?.bytes);
  const { code, stdout } = await folder.run(["doctor", "--storage"], env);
  expect(stdout).toMatch(/^stored size +mean [\d,]+ bytes, p50 [\d,]+ bytes/m);
  expect(stdout).toMatch(/^24 hours .* in all \(R1, safety factor 2\)$/m);
  expect(code).toBe(0);
  const json = JSON.parse((await folder.run(["doctor", "--storage", "--json"], env)).stdout);
  expect(json).toMatchObject({ replicas: 1, events: expect.any(Number) });
});
