import { afterAll, beforeAll, expect, it } from "vitest";
import { HEADER } from "../../../plan/names.ts";
import {
  COMMIT_BYTES_MAX,
  COMMIT_MESSAGES_MAX,
  type CommitResult,
  type LogAppend,
  LogUnavailable,
} from "../../ports.ts";
import { MAX_PAYLOAD_BYTES } from "../nats-server/config.ts";
import {
  type Bench,
  message,
  NEVER,
  openBench,
  STREAM,
  textOf,
  texts,
} from "./bench.test-support.ts";
import { CommitTooLarge, NatsRefused } from "./errors.ts";
import type { NatsLog } from "./nats-log.ts";

let bench: Bench;
let count = 0;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

/** A subject prefix of its own for each test. */
function fresh(): string {
  return `fpl.0.t${count++}`;
}

async function committed(log: NatsLog, ...messages: LogAppend[]): Promise<number> {
  const result = await log.commit(STREAM, messages, NEVER);
  expect(result.kind).toBe("committed");
  return result.kind === "committed" ? result.lastSeq : 0;
}

it("appends several messages with expectations on several subjects", async () => {
  const at = fresh();
  const first = await committed(
    bench.log,
    message(`${at}.out`, "o1"),
    message(`${at}.a`, "a1", 0),
    message(`${at}.b`, "b1", 0),
  );
  expect((await bench.log.last(STREAM, `${at}.b`))?.seq).toBe(first);
  expect((await bench.log.last(STREAM, `${at}.a`))?.seq).toBe(first - 1);
  const moved = [message(`${at}.a`, "a2", first - 1), message(`${at}.b`, "b2", first)];
  expect(await committed(bench.log, ...moved)).toBe(first + 2);
});

it.each([0, 1])("appends nothing when expectation %i of two does not hold", async (wrong) => {
  const at = fresh();
  const seq = await committed(bench.log, message(`${at}.a`, "1", 0), message(`${at}.b`, "1", 0));
  const next = [seq - 1, seq].map((expected, i) => (i === wrong ? expected - 1 : expected));
  const before = await bench.log.lastSeq(STREAM);
  const result = await bench.log.commit(
    STREAM,
    [message(`${at}.a`, "2", next[0]), message(`${at}.b`, "2", next[1]), message(`${at}.out`, "2")],
    NEVER,
  );
  expect(result).toEqual({ kind: "fenced" });
  expect(await bench.log.lastSeq(STREAM)).toBe(before);
});

it("commits and fences single messages", async () => {
  const subject = fresh();
  const seq = await committed(bench.log, message(subject, "1", 0));
  expect(await bench.log.commit(STREAM, [message(subject, "2", 0)], NEVER)).toEqual({
    kind: "fenced",
  });
  expect(await committed(bench.log, message(subject, "2", seq))).toBe(seq + 1);
});

it("gives each member of a group its own last sequence", async () => {
  const at = fresh();
  const tasks = Array.from({ length: 40 }, (_, i) => `${at}.${i}`);
  const seqs = await Promise.all(
    tasks.map((name) =>
      committed(bench.log, message(`${name}.out`, "o"), message(`${name}.c`, "c", 0)),
    ),
  );
  const found = await Promise.all(tasks.map((name) => bench.log.last(STREAM, `${name}.c`)));
  expect(found.map((each) => each?.seq)).toEqual(seqs);
});

it("tells only the fenced member of a group", async () => {
  const at = fresh();
  const rival = await committed(bench.log, message(`${at}.7.c`, "rival", 0));
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      bench.log.commit(
        STREAM,
        [message(`${at}.${i}.out`, "o"), message(`${at}.${i}.c`, "c", 0)],
        NEVER,
      ),
    ),
  );
  expect(results.map(({ kind }) => kind)).toEqual(
    Array.from({ length: 12 }, (_, i) => (i === 7 ? "fenced" : "committed")),
  );
  expect(await bench.log.last(STREAM, `${at}.7.out`)).toBeNull();
  expect((await bench.log.last(STREAM, `${at}.7.c`))?.seq).toBe(rival);
});

it("keeps commits on one subject apart and in order", async () => {
  const at = fresh();
  const plain = (text: string) => [message(`${at}.out`, text), message(`${at}.more`, text)];
  await Promise.all(
    ["1", "2", "3", "4"].map((text) => bench.log.commit(STREAM, plain(text), NEVER)),
  );
  expect(await texts(bench.log, `${at}.out`)).toEqual(["1", "2", "3", "4"]);
  const both = await Promise.all(
    ["x", "y"].map((text) =>
      bench.log.commit(STREAM, [message(`${at}.c`, text, 0), message(`${at}.d`, text)], NEVER),
    ),
  );
  expect(both.map(({ kind }) => kind)).toEqual(["committed", "fenced"]);
});

it("replaces a subject's history by a rollup inside a commit", async () => {
  const at = fresh();
  await committed(bench.log, message(`${at}.s`, "old"), message(`${at}.s`, "older"));
  const snapshot = {
    ...message(`${at}.s`, "snapshot"),
    headers: new Map([["Nats-Rollup", "sub"]]),
  };
  const dependent = [message(`${at}.c`, "c"), snapshot];
  await Promise.all([
    committed(bench.log, message(`${at}.other`, "1"), message(`${at}.s`, "last")),
    committed(bench.log, ...dependent),
  ]);
  expect(await texts(bench.log, `${at}.s`)).toEqual(["snapshot"]);
});

it("takes a commit at the limit of messages and refuses one past it", async () => {
  const at = fresh();
  const many = Array.from({ length: COMMIT_MESSAGES_MAX }, () => message(`${at}.m`, "x"));
  await committed(bench.log, ...many);
  const more = bench.log.commit(STREAM, [...many, message(`${at}.m`, "x")], NEVER);
  await expect(more).rejects.toThrow(CommitTooLarge);
});

it("takes a commit at the limit of bytes and refuses one past it", async () => {
  const subject = fresh();
  const part = (bytes: number) => ({ ...message(subject, ""), payload: new Uint8Array(bytes) });
  const count = 8;
  const parts = Array.from({ length: count }, () => COMMIT_BYTES_MAX / count - subject.length);
  await committed(bench.log, ...parts.map(part));
  const tooMuch = parts.map((bytes, i) => part(i === 0 ? bytes + 1 : bytes));
  await expect(bench.log.commit(STREAM, tooMuch, NEVER)).rejects.toThrow(CommitTooLarge);
  await bench.log.purge(STREAM, subject, await bench.log.lastSeq(STREAM));
});

it("says that a message over the server's limit is refused for good", async () => {
  const huge = { ...message(fresh(), ""), payload: new Uint8Array(MAX_PAYLOAD_BYTES + 1) };
  await expect(bench.log.commit(STREAM, [huge], NEVER)).rejects.toThrow(NatsRefused);
  const batch = [message(fresh(), "x"), huge];
  await expect(bench.log.commit(STREAM, batch, NEVER)).rejects.toThrow(NatsRefused);
});

it("counts every increment once with competing writers, and tells the loser", async () => {
  const at = fresh();
  const writers = [bench.log, await bench.another(), await bench.another()];
  const wins = await Promise.all(writers.map((log) => countUp(log, at, 60)));
  const total = Number(textOf(await bench.log.last(STREAM, `${at}.c`)));
  expect(total).toBe(wins.reduce((sum, won) => sum + won, 0));
  const outputs = await texts(bench.log, `${at}.out`);
  expect(outputs).toEqual(Array.from({ length: total }, (_, i) => String(i + 1)));
});

it("rejects with LogUnavailable when aborted, before and during an outage", async () => {
  const at = fresh();
  const pair = [message(`${at}.a`, "x", 0), message(`${at}.b`, "x")];
  await expect(bench.log.commit(STREAM, pair, AbortSignal.abort())).rejects.toThrow(LogUnavailable);
  await bench.nats.crash();
  const short = bench.log.commit(STREAM, pair, AbortSignal.timeout(200));
  await expect(short).rejects.toThrow(LogUnavailable);
  await bench.nats.restart();
  expect(await bench.log.commit(STREAM, pair, NEVER)).toMatchObject({ kind: "committed" });
});

it("commits exactly once over kill -9 of the server in the middle of it", async () => {
  const at = fresh();
  const tasks = Array.from({ length: 8 }, (_, i) => `${at}.${i}`);
  const progress = { commits: 0 };
  const counting = Promise.all(tasks.map((name) => countUp(bench.log, name, 120, progress)));
  for (let crash = 1; crash <= 4; crash++) {
    await expect.poll(() => progress.commits).toBeGreaterThan(crash * 150);
    await bench.nats.crash();
    await bench.nats.restart();
  }
  expect(await counting).toEqual(tasks.map(() => 120));
  for (const name of tasks) {
    const outputs = await texts(bench.log, `${name}.out`);
    expect(outputs).toEqual(Array.from({ length: 120 }, (_, i) => String(i + 1)));
  }
});

it("marks its messages with the id of the commit", async () => {
  const at = fresh();
  await committed(bench.log, message(`${at}.out`, "o"), message(`${at}.c`, "c", 0));
  expect((await bench.log.last(STREAM, `${at}.c`))?.headers.get(HEADER.commit)).toMatch(
    /^[0-9a-f-]+$/,
  );
});

/** Commits an output and a checkpoint `times` times; returns how often it was not fenced. */
async function countUp(
  log: NatsLog,
  name: string,
  times: number,
  progress = { commits: 0 },
): Promise<number> {
  let won = 0;
  for (let i = 0; i < times; i++) {
    const last = await log.last(STREAM, `${name}.c`);
    const next = String(Number(textOf(last) ?? 0) + 1);
    const result: CommitResult = await log.commit(
      STREAM,
      [message(`${name}.out`, next), message(`${name}.c`, next, last?.seq ?? 0)],
      NEVER,
    );
    if (result.kind === "committed") won++;
    progress.commits++;
  }
  return won;
}
