// The pipelines that the worker runs, and what their topics must hold.

import {
  bucketStream,
  DEFAULT_TENANT,
  HEADER,
  topicSubject,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import type { NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { decodeRecords } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { KEYS, keyOf, T0_MS, WINDOW_MS } from "./feed.ts";

const BUCKET = 0;
const RESULTS_WITHIN_MS = 120_000;

export type BenchPipeline = {
  readonly name: string;
  readonly topic: string;
  readonly source: string;
};

export const PIPELINES: readonly BenchPipeline[] = ["one", "two", "three"].map((name) => ({
  name,
  topic: `${name}.counts`,
  source: `pipeline ${name} {
  from firehose('app.bsky.feed.like') start at first
  |> window tumbling(size: 1m)
  |> reduce by record.subject { n: count(), fans: approx_distinct(did), last: last(seq) }
  |> to topic('${name}.counts')
}
`,
}));

function addressOf(topic: string) {
  const [pipeline = ""] = topic.split(".");
  return { bucket: BUCKET, tenant: DEFAULT_TENANT, pipeline };
}

/** Up to when the topic is complete. */
export async function watermarkOf(connection: NatsConnection, topic: string): Promise<number> {
  const subject = topicWatermarkSubject(addressOf(topic), topic, 0);
  const last = await logOf(connection).last(bucketStream(BUCKET), subject);
  return Number(last?.headers.get(HEADER.watermark) ?? T0_MS);
}

const logs = new WeakMap<NatsConnection, NatsLog>();

function logOf(connection: NatsConnection): NatsLog {
  const log = logs.get(connection) ?? new NatsLog(connection);
  logs.set(connection, log);
  return log;
}

/** Waits for all results. @returns their number @throws when one is missing, doubled or wrong */
export async function checkTopic(
  connection: NatsConnection,
  topic: string,
  events: number,
): Promise<number> {
  const expected = expectedCounts(events);
  const deadlineMs = performance.now() + RESULTS_WITHIN_MS;
  for (;;) {
    const missing = await missingIn(connection, topic, new Map(expected));
    if (missing === 0) return expected.size;
    if (performance.now() > deadlineMs) throw new Error(`${topic}: ${missing} results are missing`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

/** @param expected by window and key; emptied */
async function missingIn(
  connection: NatsConnection,
  topic: string,
  expected: Map<string, number>,
): Promise<number> {
  const subject = topicSubject(addressOf(topic), topic, 0);
  for await (const { payload } of logOf(connection).readAll(bucketStream(BUCKET), [subject])) {
    for (const record of decodeRecords(payload)) {
      // The shape is that of the programs above; what is wrong in it shows in the comparison.
      const {
        subject: key,
        window,
        n,
      } = toJson(record) as {
        subject: string;
        window: { start: string };
        n: number;
      };
      const name = `${Date.parse(window.start)} ${key}`;
      const want = expected.get(name);
      if (want !== n) throw new Error(`${topic}: ${name} counts ${n}, should be ${want}`);
      expected.delete(name);
    }
  }
  return expected.size;
}

function expectedCounts(events: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start < events; start += WINDOW_MS) {
    const end = Math.min(start + WINDOW_MS, events);
    for (let i = start; i < Math.min(start + KEYS, end); i += 1) {
      counts.set(`${T0_MS + start} ${keyOf(i)}`, Math.ceil((end - i) / KEYS));
    }
  }
  return counts;
}
