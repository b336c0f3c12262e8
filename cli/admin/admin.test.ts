// Scraped over HTTP, from running commands.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HEADER } from "../../plan/names.ts";
import { startTestNats, type TestNats } from "../../runtime/testing/nats.ts";
import { GAP_KINDS } from "../../shuffler/repo-order.ts";
import { CommandError } from "../exit-codes.ts";
import { storedBytes } from "../storage.ts";
import { type RunningCommand, TestFolder } from "../testing/command.ts";
import { makeRecording } from "../testing/programs.ts";
import { parseAddress } from "./admin-server.ts";
import { COLLECTIONS_MAX, ShufflerMetrics } from "./shuffler-metrics.ts";

describe("--admin", () => {
  let folder: TestFolder;
  let nats: TestNats;

  beforeAll(async () => {
    [folder, nats] = await Promise.all([TestFolder.create(), startTestNats()]);
    await folder.write("made.frames.zst", await makeRecording());
  });

  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
  });

  async function urlOf(command: RunningCommand): Promise<string> {
    // The whole line: of a part of it the address could be a part.
    const address = () => /\/readyz on (http:\S+)\n/.exec(command.stderr())?.[1] ?? null;
    await expect.poll(address).not.toBeNull();
    return address() ?? expect.fail("no address");
  }

  const get = async (url: string) => {
    const response = await fetch(url);
    return { status: response.status, text: await response.text() };
  };

  it("shows what a shuffler stored, and that it is ready", async () => {
    // Slow enough to be scraped while it runs.
    const args = ["--from", "made.frames.zst", "--speed", "1x", "--admin", "0"];
    const shuffler = folder.start(["shuffler", ...args], { NATS_URL: nats.url });
    const url = await urlOf(shuffler);
    await expect
      .poll(async () => (await get(`${url}/metrics`)).text)
      .toMatch(
        /^fpaas_shuffler_events_stored_total\{kind="commit",op="create",collection="[a-zA-Z.]+"\} [1-9]/m,
      );
    const { text } = await get(`${url}/metrics`);
    expect(text).toMatch(/^fpaas_shuffler_publish_seconds_bucket\{le="\+Inf"\} [1-9]/m);
    expect(text).toMatch(/^fpaas_shuffler_event_bytes_bucket\{le="4096"\} [1-9]/m);
    for (const by of GAP_KINDS) {
      expect(text).toContain(`\nfpaas_shuffler_gaps_total{by="${by}"} 0\n`);
    }
    expect(text).toContain('\nfpaas_shuffler_corrected_times_total{claim="ahead"} 0\n');
    expect(text).toContain("\nfpaas_shuffler_wall_clock_trusted 1\n");
    expect(text).toMatch(/^# TYPE fpaas_shuffler_in_flight gauge$/m);
    expect(text).toMatch(/^# TYPE fpaas_shuffler_rejected_total counter$/m);
    expect(await get(`${url}/livez`)).toEqual({ status: 200, text: "alive\n" });
    expect(await get(`${url}/readyz`)).toEqual({ status: 200, text: "ready\n" });
    expect((await get(`${url}/other`)).status).toBe(404);
    shuffler.child.kill("SIGTERM");
    await shuffler.ended;
  });

  it("says of a worker that it is alive but not ready while NATS is away", async () => {
    const worker = folder.start(["worker", "--threads", "1", "--admin", "127.0.0.1:0"], {
      NATS_URL: nats.url,
    });
    const url = await urlOf(worker);
    await expect.poll(async () => (await get(`${url}/readyz`)).status).toBe(200);
    expect((await get(`${url}/metrics`)).text).toMatch(/^fpaas_worker_tasks 0$/m);
    await nats.crash();
    await expect
      .poll(async () => await get(`${url}/readyz`))
      .toEqual({ status: 503, text: expect.stringContaining("nats: ") });
    expect((await get(`${url}/livez`)).status).toBe(200);
    await nats.restart();
    await expect.poll(async () => (await get(`${url}/readyz`)).status).toBe(200);
    worker.child.kill("SIGTERM");
    await worker.ended;
  });

  it("is refused where somebody listens already, exit 1", async () => {
    const { port } = new URL(nats.url);
    const { code, stderr } = await folder.run(["worker", "--admin", port], { NATS_URL: nats.url });
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port}`);
    expect(code).toBe(1);
  });
});

it("counts the collections beyond the limit together", async () => {
  const metrics = new ShufflerMetrics(() => 0);
  const store = (collection: string): void => {
    const subject = `atproto.firehose.00.commit.create.${collection}`;
    const message = {
      subject,
      msgId: "",
      headers: new Map(),
      payload: Buffer.alloc(0),
      relaySeq: 1,
    };
    metrics.stored(message, 1);
  };
  for (let i = 0; i < COLLECTIONS_MAX; i += 1) store(`com.example.c${i}`);
  expect(await metrics.registry.metrics()).not.toContain('collection="other"');
  store("com.example.more");
  store("com.example.evenmore");
  store("com.example.c1");
  const text = await metrics.registry.metrics();
  expect(text).toContain('op="create",collection="other"} 2\n');
  expect(text).toContain('collection="com.example.c1"} 2\n');
  expect(text.match(/^fpaas_shuffler_events_stored_total\{/gm)).toHaveLength(COLLECTIONS_MAX + 1);
});

it("counts an event's size as the stream counts it", async () => {
  const metrics = new ShufflerMetrics(() => 0);
  const subject = "atproto.firehose.00.commit.delete.app.bsky.feed.post";
  const headers = new Map<string, string>([[HEADER.relayHost, "relay.example"]]);
  const message = { subject, msgId: "x".repeat(43), headers, payload: Buffer.alloc(100) };
  metrics.stored({ ...message, relaySeq: 1 }, 1);
  const asRead = new Map(headers).set(HEADER.msgId, message.msgId).set(HEADER.relaySeq, "1");
  const bytes = storedBytes({ ...message, headers: asRead });
  expect(await metrics.registry.metrics()).toContain(`fpaas_shuffler_event_bytes_sum ${bytes}\n`);
});

it("takes addresses with and without a host", () => {
  expect(parseAddress("9464")).toEqual({ host: "127.0.0.1", port: 9464 });
  expect(parseAddress("0.0.0.0:65535")).toEqual({ host: "0.0.0.0", port: 65_535 });
  expect(parseAddress("[::1]:0")).toEqual({ host: "::1", port: 0 });
  for (const text of ["65536", "", "host:", "a:b", "::1:9"]) {
    expect(() => parseAddress(text), text).toThrow(CommandError);
  }
});
