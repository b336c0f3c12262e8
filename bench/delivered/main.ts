// (f) Through JetStream: events that stand in FIREHOSE → a worker of one thread → a derived topic. Timed
// from the deploy, with the thread and the server warm, to the last record of the topic.

import { END_OF_TIME_MS } from "../../plan/event.ts";
import { HEADER, parseProducer, topicSubject, topicWatermarkSubject } from "../../plan/names.ts";
import { decodeRecords } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { minuteOf, minuteText, parseLine } from "../contestants/jetstream-event.ts";
import { benchFiles } from "../data/files.ts";
import { readLines, readMessages } from "../data/messages.ts";
import { type Live, openLive } from "../live/live.ts";
import { isQuick, report } from "../live/report.ts";
import { spreadOf } from "../suite/spread.ts";
import { thousands } from "../suite/table.ts";

const EVENTS = isQuick() ? 20_000 : 300_000;
const ROUNDS = isQuick() ? 2 : 5;
const STREAM = "FPL_0";
const TOPIC = "bench.delivered";
const AT = { bucket: 0, tenant: "local", pipeline: "delivered" };
const PROGRAM = new URL("../programs/delivered.fpl", import.meta.url).pathname;
const WARM = `pipeline warm { from events('sync') |> map { did } |> to topic('bench.warm') }`;

const files = await benchFiles("events", EVENTS);
const expected = expectedRows(await readLines(files.lines));
const perSecond: number[] = [];
const cpuPerEventUs: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  await using live = await openLive();
  const reached = await fill(live);
  const failures: unknown[] = [];
  const stop = live.work((event) => event.kind === "failed" && failures.push(event.error));
  await live.deploy(WARM);
  await live.log.lastSeq(STREAM);
  await new Promise((resolve) => setTimeout(resolve, 3000)); // Threads load, the server settles.
  const cpu = process.cpuUsage();
  const start = performance.now();
  await live.deployFile(PROGRAM);
  await untilClosed(live);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  perSecond.push(reached / seconds);
  cpuPerEventUs.push((user + system) / reached);
  await check(live);
  await stop();
  if (failures.length > 0) throw failures[0];
}
const { median, least, greatest } = spreadOf(perSecond);
report({
  lines: [
    `${EVENTS} events of ${files.source} in FIREHOSE, one worker thread, ${ROUNDS} rounds; every count checked.`,
    "",
    "| | events/s, median | least | greatest | CPU of the worker's process an event |",
    "| --- | ---: | ---: | ---: | ---: |",
    `| filter + map + reduce | ${[median, least, greatest].map(thousands).join(" | ")} | ${spreadOf(cpuPerEventUs).median.toFixed(1)} µs |`,
  ],
  raw: { events: EVENTS, perSecond, cpuPerEventUs },
});

/** Puts everything into FIREHOSE. @returns how many events the program asks for */
async function fill({ publisher }: Live): Promise<number> {
  let reached = 0;
  for (const [i, message] of (await readMessages(files.messages)).entries()) {
    if (message.subject.includes(".create.")) reached += 1;
    // Awaited when all are sent: `idle`.
    (await publisher.enqueue({ ...message, msgId: `bench-${i}` })).acked.catch(() => {});
  }
  await publisher.idle();
  return reached;
}

/** Resolves when every producer of the topic has said that nothing more will come. */
async function untilClosed({ log }: Live): Promise<void> {
  const ended = new Set<string>();
  const stop = new AbortController();
  const subjects = [topicWatermarkSubject(AT, TOPIC, 0)];
  for await (const batch of log.read(STREAM, subjects, 1, stop.signal)) {
    for (const { headers } of batch) {
      const from = headers.get(HEADER.from) ?? "";
      if (headers.get(HEADER.watermark) === String(END_OF_TIME_MS)) ended.add(from);
      if (ended.size === parseProducer(from)?.producers) stop.abort();
    }
  }
}

async function check({ log }: Live): Promise<void> {
  const rows: string[] = [];
  for await (const { payload } of log.readAll(STREAM, [topicSubject(AT, TOPIC, 0)])) {
    for (const record of decodeRecords(payload)) {
      // The program's own record.
      const { collection, n, authors, window } = toJson(record) as Record<string, unknown> & {
        window: { start: string };
      };
      rows.push([window.start, collection, n, authors].join(" "));
    }
  }
  if (rows.sort().join("\n") !== expected.join("\n")) {
    throw new Error(`delivered: ${rows.length} rows for ${expected.length}, or other ones`);
  }
}

function expectedRows(lines: readonly string[]): string[] {
  const groups = new Map<string, { n: number; authors: Set<string> }>();
  for (const line of lines) {
    const event = parseLine(line);
    if (event.commit?.operation !== "create") continue;
    const key = `${minuteText(minuteOf(event))} ${event.commit.collection}`;
    const group = groups.get(key) ?? { n: 0, authors: new Set() };
    groups.set(key, group);
    group.n += 1;
    group.authors.add(event.did);
  }
  return [...groups].map(([key, { n, authors }]) => `${key} ${n} ${authors.size}`).sort();
}
