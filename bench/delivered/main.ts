// (f) Through JetStream: events that stand in FIREHOSE → a worker of one thread → a derived topic. Timed
// from the deploy, with the thread and the server warm, to the last record of the topic. Each round is a
// pipeline of its own over the same events.

import { readFile } from "node:fs/promises";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import { HEADER, parseProducer, topicSubject, topicWatermarkSubject } from "../../plan/names.ts";
import { decodeRecords } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { minuteOf, minuteText, parseLine } from "../contestants/jetstream-event.ts";
import { benchFiles } from "../data/files.ts";
import { readLines, readMessages } from "../data/messages.ts";
import { type Live, openLive } from "../live/live.ts";
import { isQuick, report } from "../live/report.ts";
import { serverCpuMs } from "../live/server-cpu.ts";
import { spreadOf } from "../suite/spread.ts";
import { thousands } from "../suite/table.ts";

const EVENTS = isQuick() ? 100_000 : 1_000_000;
const ROUNDS = isQuick() ? 2 : 5;
const STREAM = "FPL_0";
/** With the field beside the count that tells them apart. */
const PROGRAMS = [
  { file: "delivered", field: "first", title: "filter + map + reduce: `count`, `min`" },
  { file: "delivered-distinct", field: "authors", title: "the same with exact `distinct`" },
] as const;
type Program = (typeof PROGRAMS)[number];

type Run = { readonly perSecond: number; readonly cpuUs: number; readonly serverCpuUs: number };

const files = await benchFiles("events", EVENTS);
const expected = expectedRows(await readLines(files.lines));
await using live = await openLive();
const reached = await fill();
const failures: unknown[] = [];
const stop = live.work((event) => event.kind === "failed" && failures.push(event.error));
const results: { readonly title: string; readonly runs: readonly Run[] }[] = [];
for (const program of PROGRAMS) {
  const runs: Run[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const run = await runOnce(program, `${program.file.replace("-", "_")}_${round}`);
    // The first round is for the compilers to warm up in.
    if (round > 0) runs.push(run);
  }
  results.push({ title: program.title, runs });
}
await stop();
report({
  lines: [
    `${EVENTS} events of ${files.source} in FIREHOSE, ${reached} of them wanted; one worker thread, ${ROUNDS} rounds; every result checked.`,
    "",
    "| | events/s, median | least | greatest | CPU of the worker's process an event | of the server |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...results.map(({ title, runs }) => line(title, runs)),
  ],
  raw: { events: EVENTS, reached, results },
});

/** Puts everything into FIREHOSE. @returns how many events the programs ask for */
async function fill(): Promise<number> {
  let wanted = 0;
  for (const [i, message] of (await readMessages(files.messages)).entries()) {
    if (message.subject.includes(".create.")) wanted += 1;
    // Awaited when all are sent: `idle`.
    (await live.publisher.enqueue({ ...message, msgId: `bench-${i}` })).acked.catch(() => {});
  }
  await live.publisher.idle();
  return wanted;
}

async function runOnce({ file, field }: Program, name: string): Promise<Run> {
  const text = await readFile(new URL(`../programs/${file}.fpl`, import.meta.url), "utf8");
  const cpu = process.cpuUsage();
  const serverMs = await serverCpuMs(live.serverPid);
  const start = performance.now();
  await live.deploy(text.replaceAll("delivered", name));
  await untilClosed(live, name);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const serverCpuUs = ((await serverCpuMs(live.serverPid)) - serverMs) * 1000;
  await check(live, name, field);
  if (failures.length > 0) throw failures[0];
  return {
    perSecond: reached / seconds,
    cpuUs: (user + system) / reached,
    serverCpuUs: serverCpuUs / reached,
  };
}

function addressOf(pipeline: string) {
  return { bucket: 0, tenant: "local", pipeline };
}

/** Resolves when every producer of the topic has said that nothing more will come. */
async function untilClosed({ log }: Live, name: string): Promise<void> {
  const ended = new Set<string>();
  const stop = new AbortController();
  const subjects = [topicWatermarkSubject(addressOf(name), `bench.${name}`, 0)];
  for await (const batch of log.read(STREAM, subjects, 1, stop.signal)) {
    for (const { headers } of batch) {
      const from = headers.get(HEADER.from) ?? "";
      if (headers.get(HEADER.watermark) === String(END_OF_TIME_MS)) ended.add(from);
      if (ended.size === parseProducer(from)?.producers) stop.abort();
    }
  }
}

async function check({ log }: Live, name: string, field: Program["field"]): Promise<void> {
  const rows: string[] = [];
  const subject = topicSubject(addressOf(name), `bench.${name}`, 0);
  for await (const { payload } of log.readAll(STREAM, [subject])) {
    for (const record of decodeRecords(payload)) {
      // The program's own record.
      const fields = toJson(record) as Record<string, unknown> & { window: { start: string } };
      rows.push([fields.window.start, fields.collection, fields.n, fields[field]].join(" "));
    }
  }
  if (rows.sort().join("\n") !== expected[field].join("\n")) {
    throw new Error(`${name}: ${rows.length} rows for ${expected[field].length}, or other ones`);
  }
}

/** The right rows of each program, by the field that tells them apart. */
function expectedRows(lines: readonly string[]): Record<Program["field"], string[]> {
  const groups = new Map<string, { n: number; first: string; authors: Set<string> }>();
  for (const text of lines) {
    const event = parseLine(text);
    if (event.commit?.operation !== "create") continue;
    const key = `${minuteText(minuteOf(event))} ${event.commit.collection}`;
    const group = groups.get(key) ?? { n: 0, first: event.did, authors: new Set() };
    groups.set(key, group);
    group.n += 1;
    group.authors.add(event.did);
    if (event.did < group.first) group.first = event.did;
  }
  const all = [...groups];
  return {
    first: all.map(([key, { n, first }]) => `${key} ${n} ${first}`).sort(),
    authors: all.map(([key, { n, authors }]) => `${key} ${n} ${authors.size}`).sort(),
  };
}

function line(title: string, runs: readonly Run[]): string {
  const { median, least, greatest } = spreadOf(runs.map(({ perSecond }) => perSecond));
  const micros = (of: (run: Run) => number) => `${spreadOf(runs.map(of)).median.toFixed(1)} µs`;
  const figures = [median, least, greatest].map(thousands);
  const cells = [title, ...figures, micros(({ cpuUs }) => cpuUs)];
  return `| ${[...cells, micros(({ serverCpuUs }) => serverCpuUs)].join(" | ")} |`;
}
