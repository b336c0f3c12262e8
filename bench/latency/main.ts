// (f) How long from an event's publication to the record it gives standing in a topic, and from the moment
// a window may close to its result: through JetStream, one worker thread, at 500 and 2000 events a second.

import { setTimeout } from "node:timers/promises";
import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { topicSubject } from "../../plan/names.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import { decodeRecords } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { Shuffler } from "../../shuffler/shuffle.ts";
import { baseFrames, multiplicationOf } from "../data/files.ts";
import { multiplied, singleEvents } from "../data/multiply.ts";
import { type Live, openLive } from "../live/live.ts";
import { isQuick, report } from "../live/report.ts";
import { quantileOf } from "../suite/spread.ts";

const RATES = [500, 2000];
const SECONDS = isQuick() ? 6 : 20;
const TICK_MS = 10;
const STREAM = "FPL_0";
const EACH = `pipeline each {
  from firehose() |> filter op == 'create' |> map { seq } |> to topic('bench.each')
}`;
const WINDOWS = `pipeline windows {
  from firehose() |> filter op == 'create'
  |> window tumbling(size: 1s, grace: 0s)
  |> reduce by collection { n: count() } |> to topic('bench.windows')
}`;

type Latencies = {
  readonly perSecond: number;
  readonly eachMs: number[];
  readonly windowMs: number[];
  readonly created: number;
};

const { frames, source } = await baseFrames();
const base = singleEvents(frames, null);
const all: Latencies[] = [];
for (const rate of RATES) all.push(await measure(rate));
report({ lines: table(all), raw: all.map(({ perSecond, created }) => ({ perSecond, created })) });

async function measure(perSecond: number): Promise<Latencies> {
  await using live = await openLive();
  const failures: unknown[] = [];
  const stop = live.work((event) => event.kind === "failed" && failures.push(event.error));
  await live.deploy(EACH);
  await live.deploy(WINDOWS);
  await setTimeout(3000); // Threads load; the tasks start at the first event.
  const ended = new AbortController();
  const sentMs = new Map<number, number>();
  const result: Latencies = { perSecond, eachMs: [], windowMs: [], created: 0 };
  const reading = [
    follow(live, "each", ended.signal, (record) => {
      result.eachMs.push(Date.now() - (sentMs.get(Number(record.seq)) ?? Number.NaN));
    }),
    follow(live, "windows", ended.signal, (record) => {
      // The program's own records; a watermark is a second behind what has been seen.
      const { end } = record.window as { end: string };
      result.windowMs.push(Date.now() - (Date.parse(end) + WATERMARK_DELAY_MS));
    }),
  ];
  const created = await publish(live, perSecond, sentMs);
  for (let waited = 0; result.eachMs.length < created && waited < 30_000; waited += 100)
    await setTimeout(100);
  ended.abort();
  await Promise.all(reading);
  await stop();
  if (failures.length > 0) throw failures[0];
  if (result.eachMs.length !== created || result.eachMs.some(Number.isNaN)) {
    throw new Error(`${created} created, ${result.eachMs.length} records`);
  }
  return { ...result, created };
}

/** Events whose relay time is now. @returns how many create something */
async function publish(
  { publisher }: Live,
  perSecond: number,
  sentMs: Map<number, number>,
): Promise<number> {
  const shuffler = new Shuffler({
    partitions: FIREHOSE_PARTITIONS_DEFAULT,
    relay: "bench",
    maxPayloadBytes: 1 << 20,
  });
  const events = multiplied(base, multiplicationOf("events", perSecond * SECONDS));
  const start = performance.now();
  let [sent, created] = [0, 0];
  for (const event of events) {
    while (sent >= ((performance.now() - start) / 1000) * perSecond) await setTimeout(TICK_MS);
    const message = { ...event, timeMs: Date.now() };
    sentMs.set(event.seq, message.timeMs);
    for (const one of shuffler.push({
      kind: "message",
      message,
      raw: new Uint8Array(),
      position: event.seq,
    })) {
      if (one.subject.includes(".create.")) created += 1;
      // One that is refused is never followed to the end, which fails the bench.
      (await publisher.enqueue(one)).acked.catch(() => {});
    }
    sent += 1;
  }
  return created;
}

async function follow(
  { log }: Live,
  pipeline: string,
  signal: AbortSignal,
  take: (record: Record<string, unknown>) => void,
): Promise<void> {
  const at = { bucket: 0, tenant: "local", pipeline };
  const subjects = [0, 1].map((partition) => topicSubject(at, `bench.${pipeline}`, partition));
  for await (const batch of log.read(STREAM, subjects, 1, signal)) {
    for (const { payload } of batch) {
      for (const record of decodeRecords(payload)) take(toJson(record) as Record<string, unknown>);
    }
  }
}

function table(measured: readonly Latencies[]): string[] {
  return [
    `Events of ${source}, multiplied, stamped when published; one worker thread, ${SECONDS} s each; no record missing.`,
    "",
    "| events/s | what | p50 | p95 | p99 | records |",
    "| ---: | --- | ---: | ---: | ---: | ---: |",
    ...measured.flatMap(({ perSecond, eachMs, windowMs }) => [
      latencyLine(perSecond, "published → in the topic", eachMs),
      latencyLine(perSecond, "window may close → in the topic", windowMs),
    ]),
  ];
}

function latencyLine(perSecond: number, what: string, ms: readonly number[]): string {
  const sorted = [...ms].sort((a, b) => a - b);
  const figures = [0.5, 0.95, 0.99].map((share) => `${quantileOf(sorted, share).toFixed(0)} ms`);
  return `| ${perSecond} | ${what} | ${figures.join(" | ")} | ${ms.length} |`;
}
