import { afterAll, beforeAll, expect, it } from "vitest";
import { type LogMessage, LogUnavailable } from "../../ports.ts";
import {
  type Bench,
  message,
  NEVER,
  openBench,
  STREAM,
  textOf,
  texts,
} from "./bench.test-support.ts";
import { READ_AHEAD_MESSAGES_MAX } from "./pull-session.ts";

let bench: Bench;
let count = 0;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

function fresh(): string {
  return `fpl.0.l${count++}`;
}

/** Appends `1`, `2` … `many` and returns the sequence of the last. */
async function fill(subject: string, many: number, from = 1): Promise<number> {
  const list = Array.from({ length: many }, (_, i) => message(subject, String(from + i)));
  const result = await bench.log.commit(STREAM, list, NEVER);
  return result.kind === "committed" ? result.lastSeq : 0;
}

const upTo = (many: number) => Array.from({ length: many }, (_, i) => String(i + 1));

/** Reads until it has `many` messages, then stops. */
async function readMany(
  subjects: string[],
  from: number,
  many: number,
  onBatch: (batch: readonly LogMessage[]) => Promise<void> = async () => {},
): Promise<LogMessage[]> {
  const all: LogMessage[] = [];
  for await (const batch of bench.log.read(STREAM, subjects, from, NEVER)) {
    expect(batch.length).toBeGreaterThan(0);
    all.push(...batch);
    if (all.length >= many) break;
    await onBatch(batch);
  }
  return all;
}

it("reads the messages of its subjects in order from a sequence on", async () => {
  const at = fresh();
  const last = await fill(`${at}.a`, 500);
  await fill(`${at}.other`, 20);
  const all = await readMany([`${at}.a`, `${at}.b`], last - 499, 500);
  expect(all.map(textOf)).toEqual(upTo(500));
  const tail = await readMany([`${at}.a`], last - 1, 2);
  expect(tail.map(({ seq, subject }) => [seq, subject])).toEqual([
    [last - 1, `${at}.a`],
    [last, `${at}.a`],
  ]);
});

it("waits for what is not there yet and stops promptly when aborted", async () => {
  const at = fresh();
  const stop = new AbortController();
  const reading = (async () => {
    const seen: (string | null)[] = [];
    for await (const batch of bench.log.read(STREAM, [at], 1, stop.signal)) {
      seen.push(...batch.map(textOf));
      if (seen.length === 1) await fill(at, 1, 2);
      if (seen.length === 2) stop.abort();
    }
    return seen;
  })();
  await fill(at, 1);
  expect(await reading).toEqual(["1", "2"]);
});

it("stops at once when aborted while it waits", async () => {
  const stop = new AbortController();
  const next = bench.log.read(STREAM, [fresh()], 1, stop.signal)[Symbol.asyncIterator]().next();
  stop.abort();
  // Nothing comes, and a read that nobody stops waits for ever.
  expect((await next).done).toBe(true);
});

it("reads nothing ahead beyond its bound while the reader is slow", async () => {
  const at = fresh();
  const many = 5000;
  let last = 0;
  for (let i = 1; i < many; i += 1000) last = await fill(at, 1000, i);
  const sizes: number[] = [];
  const all = await readMany([at], last - many + 1, many, async (batch) => {
    sizes.push(batch.length);
    // Time for everything to come that was asked for: answers arrive in order.
    if (sizes.length === 1) for (let i = 0; i < 3; i++) await bench.log.lastSeq(STREAM);
  });
  expect(all.map(textOf)).toEqual(upTo(many));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(READ_AHEAD_MESSAGES_MAX);
  expect(Math.max(...sizes)).toBeGreaterThan(1); // A batch holds what has arrived, not one message.
});

it("needs one consumer however much it reads", async () => {
  const at = fresh();
  const many = 2 * READ_AHEAD_MESSAGES_MAX;
  let last = 0;
  for (let from = 1; from < many; from += 512) last = await fill(at, 512, from);
  const created = bench.nc.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.CREATED.${STREAM}.>`);
  const all = await readMany([at], last - many + 1, many);
  expect(all.map(textOf)).toEqual(upTo(many));
  await bench.nc.flush();
  expect(created.getPending()).toBe(1);
  created.unsubscribe();
});

it("reads on without gap or duplicate over kill -9 and stops of the server", async () => {
  const at = fresh();
  await fill(at, 300);
  let restarts = 0;
  const all = await readMany([at], 1, 1500, async () => {
    if (restarts === 4) return;
    restarts++;
    if (restarts % 2 === 0) await bench.nats.stop();
    else await bench.nats.crash();
    await bench.nats.restart();
    await fill(at, 300, restarts * 300 + 1);
  });
  expect(all.map(textOf)).toEqual(upTo(1500));
});

it("throws when the connection is closed under a reader", async () => {
  const log = await bench.another();
  const reading = log.read(STREAM, [fresh()], 1, NEVER)[Symbol.asyncIterator]().next();
  await bench.closeOthers();
  await expect(reading).rejects.toThrow(LogUnavailable);
  await expect(log.lastSeq(STREAM)).rejects.toThrow(LogUnavailable);
});

it("finds the last message on a subject, and none", async () => {
  const at = fresh();
  const seq = await fill(at, 3);
  expect(await bench.log.last(STREAM, at)).toMatchObject({ seq, subject: at });
  expect(await bench.log.last(STREAM, `${at}.none`)).toBeNull();
});

it("reads all there is on some subjects and then ends", async () => {
  const at = fresh();
  expect(await texts(bench.log, `${at}.a`)).toEqual([]);
  await fill(`${at}.a`, 700);
  await fill(`${at}.b`, 1);
  await fill(`${at}.c`, 1);
  expect(await texts(bench.log, `${at}.a`, `${at}.b`)).toEqual([...upTo(700), "1"]);
});

it("ends the reading of all when the last message is purged meanwhile", async () => {
  const at = fresh();
  const last = await fill(at, 1000);
  const seen: string[] = [];
  for await (const each of bench.log.readAll(STREAM, [at])) {
    if (seen.length === 0) await bench.log.purge(STREAM, at, last);
    seen.push(String(textOf(each)));
  }
  expect(seen).toEqual(upTo(seen.length));
});

it("purges through a sequence, that one included", async () => {
  const at = fresh();
  const last = await fill(`${at}.a`, 10);
  await fill(`${at}.b`, 1);
  await bench.log.purge(STREAM, `${at}.a`, last - 5);
  expect(await texts(bench.log, `${at}.a`)).toEqual(["6", "7", "8", "9", "10"]);
  expect(await texts(bench.log, `${at}.b`)).toEqual(["1"]);
  await bench.log.purge(STREAM, `${at}.a`, last);
  expect(await texts(bench.log, `${at}.a`)).toEqual([]);
});

it("finds the first sequence at or after a time", async () => {
  const at = fresh();
  const before = Date.now() - 1;
  const last = await fill(at, 2);
  expect(await bench.log.seqAtTime(STREAM, before)).toBeLessThanOrEqual(last - 1);
  expect(await bench.log.seqAtTime(STREAM, Date.now() + 60_000)).toBe(last + 1);
  expect(await bench.log.seqAtTime("REJECTED", 0)).toBe(1);
});

it("knows the last sequence of a stream, 0 for an empty one", async () => {
  expect(await bench.log.lastSeq("REJECTED")).toBe(0);
  const last = await fill(fresh(), 1);
  expect(await bench.log.lastSeq(STREAM)).toBe(last);
});

it("says what is wrong when the stream does not exist", async () => {
  await expect(bench.log.last("NONE", "x")).rejects.toThrow(/stream not found/);
  const reading = bench.log.read("NONE", ["x"], 1, NEVER)[Symbol.asyncIterator]().next();
  await expect(reading).rejects.toThrow(/stream not found/);
});
