// Groups far larger than a message: they are stored in parts, over several batches, and come back whole when their task
// is stopped again and again.

import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { type Deployment, tasksOf } from "../../plan/deployment.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  bucketStream,
  commitSubject,
  DEFAULT_TENANT,
  FIREHOSE_STREAM,
  HEADER,
  topicSubject,
  watermarkSubject,
} from "../../plan/names.ts";
import { deployPlan } from "../deploy.ts";
import { decodeRecords, encodeRecord } from "../eval/codec.ts";
import { toJson } from "../eval/json.ts";
import {
  appendBytes,
  COMMIT_BYTES_MAX,
  COMMIT_MESSAGES_MAX,
  type CommitResult,
  type LogAppend,
} from "../ports.ts";
import { EagerClock } from "../testing/eager-clock.ts";
import { MemoryDeployments } from "../testing/memory-deployments.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { runStageTask } from "./stage-task.ts";

const T0 = Date.UTC(2026, 6, 4, 12);
/** Commits after which a task is stopped and started again. */
const COMMITS = 4;

/** Refuses what NATS refuses. */
class StrictLog extends MemoryLog {
  staged = 0;
  parts = 0;

  override async commit(stream: string, messages: readonly LogAppend[]): Promise<CommitResult> {
    const bytes = messages.reduce((sum, one) => sum + appendBytes(one), 0);
    expect(messages.length).toBeLessThanOrEqual(COMMIT_MESSAGES_MAX);
    expect(bytes).toBeLessThanOrEqual(COMMIT_BYTES_MAX);
    for (const { payload, headers } of messages) {
      expect(payload.length).toBeLessThanOrEqual(this.messageBytesMax);
      if (headers.has(HEADER.staged)) this.staged += 1;
      if (headers.has(HEADER.part)) this.parts += 1;
    }
    return await super.commit(stream, messages);
  }
}

/** Deploys a program, feeds it posts of one author, and gives what comes of it. */
async function answersOf(stages: string, records: readonly object[]) {
  const text = `pipeline big { from firehose('com.example.post') start at first
    |> window tumbling(size: 1h) |> ${stages} |> to topic('answers') }`;
  const { plans, diagnostics } = compile({ file: "big.fpl", text });
  const [plan] = plans;
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join());
  const [log, store] = [new StrictLog(), new MemoryDeployments()];
  const target = { store, log, tenant: DEFAULT_TENANT, buckets: 1, firehosePartitions: 2 };
  await deployPlan(plan, text, { ...target, nowMs: 0, defaultStart: "first" });
  const [deployment] = (await store.list(DEFAULT_TENANT)).deployments;
  if (deployment === undefined) throw new Error("is not deployed");
  feed(log, records);
  for (const task of tasksOf(deployment)) await untilOver(deployment, task, log);
  const { address } = deployment;
  const answers: unknown[] = [];
  for await (const { payload } of log.readAll(bucketStream(0), [
    topicSubject(address, "answers", 0),
  ]))
    answers.push(...decodeRecords(payload).map(toJson));
  return { answers, log };
}

function feed(log: StrictLog, records: readonly object[]): void {
  for (const [i, record] of records.entries()) {
    const event = { did: "did:plc:a", seq: i + 1, time: T0 + i, kind: "commit", op: "create" };
    const path = { collection: "com.example.post", rkey: `r${i}`, rev: "r" };
    const payload = encodeRecord({ ...event, ...path, record: { ...record } });
    const subject = commitSubject(0, "create", path.collection);
    log.append(FIREHOSE_STREAM, { subject, headers: new Map(), payload });
  }
  const headers = new Map([[HEADER.watermark, String(END_OF_TIME_MS)]]);
  for (const partition of [0, 1]) {
    const subject = watermarkSubject(partition);
    log.append(FIREHOSE_STREAM, { subject, headers, payload: new Uint8Array() });
  }
}

/** Runs a task, stopped and started again, until it has told the end of time to who comes behind it. */
async function untilOver(
  deployment: Deployment,
  task: ReturnType<typeof tasksOf>[number],
  log: StrictLog,
): Promise<void> {
  for (let over = false; !over; ) {
    const stop = new AbortController();
    let commits = 0;
    const report = ({ watermarkMs }: { watermarkMs: number | null }): void => {
      commits += 1;
      over = watermarkMs === END_OF_TIME_MS;
      if (commits >= COMMITS || over) stop.abort();
    };
    await runStageTask(deployment, task, { log, clock: new EagerClock(), report }, stop.signal);
  }
}

it("keeps ten posts of 990 KB in one collect, over restarts", async () => {
  const records = Array.from({ length: 10 }, (_, i) => ({ text: String(i).padEnd(990_000, "x") }));
  const { answers, log } = await answersOf(
    "reduce by did { n: length(collect(record.text, max: 20)), first: length(first(record.text)) }",
    records,
  );
  expect(answers).toMatchObject([{ n: 10, first: 990_000 }]);
  expect(log.parts).toBeGreaterThan(10);
});

it("keeps 50 000 texts in one distinct, over restarts", async () => {
  const count = 50_000;
  const records = Array.from({ length: count + 10 }, (_, i) => ({
    text: `${i % count}`.padEnd(900, "x"),
  }));
  const { answers, log } = await answersOf(
    `reduce by did { n: distinct(record.text, cap: ${count}) }`,
    records,
  );
  expect(answers).toMatchObject([{ n: count }]);
  expect(log.staged).toBeGreaterThan(0);
});

it("keeps the ranks of ten thousand rows of 1.6 KB, over restarts in the middle of sending them", async () => {
  const count = 10_000;
  const records = Array.from({ length: count + 500 }, (_, i) => ({
    text: `${i}`.padEnd(1600, "x"),
    n: i,
  }));
  const { answers } = await answersOf(
    `reduce by record.text as text { n: max(record.n) } |> top(${count}, by: n) |> map { n }`,
    records,
  );
  const ranks = answers.map((one) => (one as { n: number }).n);
  expect(ranks).toEqual(Array.from({ length: count }, (_, i) => count + 499 - i));
});
