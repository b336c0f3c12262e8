import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { LogAppend } from "../../ports.ts";
import { startTcpProxy } from "../../testing/tcp-proxy.ts";
import { type Bench, message, NEVER, openBench, STREAM, texts } from "./bench.test-support.ts";

const WRONG_LAST_SEQUENCE = JSON.stringify({
  error: { code: 400, err_code: 10071, description: "wrong last sequence: 3" },
  stream: "SILENT",
  seq: 0,
});

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterEach(async () => {
  await bench.closeOthers();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

type Shape = (at: string, text: string) => LogAppend[];
const shapes: [string, Shape][] = [
  ["one message", (at, text) => [message(`${at}.c`, text, 0)]],
  ["two messages", (at, text) => [message(`${at}.out`, text), message(`${at}.c`, text, 0)]],
  [
    "two, the checkpoint first",
    (at, text) => [message(`${at}.c`, text, 0), message(`${at}.out`, text)],
  ],
];

it.each(shapes)("knows its own commit when the answer is lost: %s", async (name, shape) => {
  const at = `fpl.0.own.${name.length}`;
  await using link = await startTcpProxy(Number(new URL(bench.nats.url).port));
  const log = await bench.another(link.url);
  expect(await log.last(STREAM, at)).toBeNull();
  link.lose("answers");
  const result = log.commit(STREAM, shape(at, "mine"), NEVER);
  await expect.poll(() => bench.log.last(STREAM, `${at}.c`)).not.toBeNull();
  link.cut();
  expect(await result).toEqual({ kind: "committed", lastSeq: await bench.log.lastSeq(STREAM) });
  expect(await texts(bench.log, `${at}.c`)).toEqual(["mine"]);
});

it.each(shapes)(
  "is fenced when a rival wrote while its request was lost: %s",
  async (name, shape) => {
    const at = `fpl.0.rival.${name.length}`;
    await using link = await startTcpProxy(Number(new URL(bench.nats.url).port));
    const log = await bench.another(link.url);
    expect(await log.last(STREAM, at)).toBeNull();
    link.lose("requests");
    const result = log.commit(STREAM, shape(at, "mine"), NEVER);
    await expect.poll(() => link.lostBytes).toBeGreaterThan(0);
    expect((await bench.log.commit(STREAM, shape(at, "rival"), NEVER)).kind).toBe("committed");
    link.cut();
    expect(await result).toEqual({ kind: "fenced" });
    expect(await texts(bench.log, `${at}.c`)).toEqual(["rival"]);
  },
);

it.each(shapes)("commits after all when its request was lost: %s", async (name, shape) => {
  const at = `fpl.0.lost.${name.length}`;
  await using link = await startTcpProxy(Number(new URL(bench.nats.url).port));
  const log = await bench.another(link.url);
  expect(await log.last(STREAM, at)).toBeNull();
  link.lose("requests");
  const result = log.commit(STREAM, shape(at, "mine"), NEVER);
  await expect.poll(() => link.lostBytes).toBeGreaterThan(0);
  link.cut();
  expect(await result).toEqual({ kind: "committed", lastSeq: await bench.log.lastSeq(STREAM) });
});

it("writes a commit without an expectation once when the answer is lost", async () => {
  await using link = await startTcpProxy(Number(new URL(bench.nats.url).port));
  const log = await bench.another(link.url);
  expect(await log.last(STREAM, "fpl.0.plain")).toBeNull();
  link.lose("answers");
  const result = log.commit(STREAM, [message("fpl.0.plain", "mine")], NEVER);
  await expect.poll(() => texts(bench.log, "fpl.0.plain")).toHaveLength(1);
  link.cut();
  expect((await result).kind).toBe("committed");
  expect(await texts(bench.log, "fpl.0.plain")).toEqual(["mine"]);
});

it.each(shapes)(
  "does not believe a leader of yesterday that it is fenced: %s",
  async (_, shape) => {
    // The stream stores without a word; the answer comes from one who has not seen its last message.
    const { streams } = await jetstreamManager(bench.nc);
    await streams.add({ name: "SILENT", subjects: ["silent.>"], no_ack: true, allow_atomic: true });
    const stale = bench.nc.subscribe("silent.*", {
      callback: (_error, asked) => void asked.respond(WRONG_LAST_SEQUENCE),
    });
    const result = await bench.log.commit("SILENT", shape("silent", "mine"), NEVER);
    expect(result).toEqual({ kind: "committed", lastSeq: await bench.log.lastSeq("SILENT") });
    stale.unsubscribe();
    await streams.delete("SILENT");
  },
);

it("is fenced for good where nobody has written, as after a purge", async () => {
  const commit = [message("fpl.0.purged.out", "mine"), message("fpl.0.purged.c", "mine", 7)];
  expect(await bench.log.commit(STREAM, commit, NEVER)).toEqual({ kind: "fenced" });
});
