// A window that holds more than one commit may: it closes in several, and none is refused.

import { expect, it } from "vitest";
import { lineageOf } from "../../plan/deployment.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  bucketStream,
  exchangeSubject,
  HEADER,
  producerName,
  topicSubject,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import { decodeRecords, encodeRow } from "../eval/codec.ts";
import { toJson } from "../eval/json.ts";
import { NO_ORDER } from "../eval/record-order.ts";
import { handOver } from "../lifecycle/handover.ts";
import {
  COMMIT_BYTES_MAX,
  COMMIT_MESSAGES_MAX,
  type CommitResult,
  type LogAppend,
} from "../ports.ts";
import { EagerClock } from "../testing/eager-clock.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { deploymentOf, simulatedPlan } from "./simulation.test-support.ts";
import { runStageTask } from "./stage-task.ts";

const STREAM = bucketStream(0);
/** Each in two windows, which close at once. */
const ROWS = 720;
const KEY_LENGTH = 24_000;
const deployment = deploymentOf(simulatedPlan);
const { address } = deployment;

/** Refuses what NATS refuses. */
class StrictLog extends MemoryLog {
  commits = 0;

  override async commit(stream: string, messages: readonly LogAppend[]): Promise<CommitResult> {
    const bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(messages.length).toBeLessThanOrEqual(COMMIT_MESSAGES_MAX);
    expect(bytes).toBeLessThanOrEqual(COMMIT_BYTES_MAX);
    this.commits += 1;
    return await super.commit(stream, messages);
  }
}

it("closes windows of 34 MB in commits that each fit, wherever the task is stopped", async () => {
  expect(2 * ROWS * KEY_LENGTH).toBeGreaterThan(COMMIT_BYTES_MAX);
  const log = new StrictLog();
  await handOver(deployment, log);
  feed(log);
  let runs = 0;
  for (; !(await isOver(log)); runs += 1) {
    const stop = new AbortController();
    const stopAt = log.commits + 9;
    const report = (): void => {
      if (log.commits === stopAt) stop.abort();
    };
    const ports = { log, clock: new EagerClock(), report };
    const running = runStageTask(deployment, { stage: "s1", partition: 0 }, ports, stop.signal);
    await expect.poll(async () => stop.signal.aborted || (await isOver(log))).toBe(true);
    stop.abort();
    expect(await running).toBe("stopped");
  }
  expect(runs).toBeGreaterThan(2);
  const results = await resultsOf(log);
  expect(results.toSorted()).toEqual([...new Set(results)].toSorted());
  expect(results).toHaveLength(2 * ROWS);
});

const TIME_MS = Date.UTC(2026, 6, 4, 12);

/** Rows of one producer, then the end of time from both. */
function feed(log: StrictLog): void {
  const subject = exchangeSubject(address, lineageOf(deployment, "s1"), 0);
  const from = (producer: number) => [HEADER.from, producerName(1, "s0", producer, 2)] as const;
  for (let i = 0; i < ROWS; i += 1) {
    const key = String(i).padEnd(KEY_LENGTH, "x");
    const order = { ...NO_ORDER, seenMs: TIME_MS, seq: i };
    const row = { timeMs: TIME_MS, order, keys: [key], columns: ["did", i] };
    log.append(STREAM, { subject, headers: new Map([from(0)]), payload: encodeRow(row) });
  }
  for (const producer of [0, 1]) {
    const headers = new Map([from(producer), [HEADER.watermark, String(END_OF_TIME_MS)]]);
    log.append(STREAM, { subject, headers, payload: new Uint8Array() });
  }
}

async function isOver(log: StrictLog): Promise<boolean> {
  const last = await log.last(STREAM, topicWatermarkSubject(address, "counts", 1));
  return last?.headers.get(HEADER.watermark) === String(END_OF_TIME_MS);
}

/** Window and number of every result. */
async function resultsOf(log: StrictLog): Promise<string[]> {
  const results: string[] = [];
  const subjects = [0, 1].map((partition) => topicSubject(address, "counts", partition));
  for await (const { payload } of log.readAll(STREAM, subjects)) {
    for (const record of decodeRecords(payload)) {
      const { window, lastSeq } = toJson(record) as { window: { start: string }; lastSeq: number };
      results.push(`${window.start} ${lastSeq}`);
    }
  }
  return results;
}
