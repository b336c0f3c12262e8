// (g) What a pipeline costs beside others: 1, 10 and 100 of them on one worker thread, each with a question
// of its own about the same events, at 500 events a second. CPU is that of this process (worker and
// publisher, whose part is the same throughout) and of the server.

import { benchFiles } from "../data/files.ts";
import { readMessages } from "../data/messages.ts";
import { type Live, openLive } from "../live/live.ts";
import { publishPaced } from "../live/paced.ts";
import { isQuick, report } from "../live/report.ts";
import { serverCpuMs } from "../live/server-cpu.ts";

const PIPELINES = [0, 1, 10, 100];
const EVENTS_PER_SECOND = 500;
const SETTLE_SECONDS = isQuick() ? 4 : 8;
const MEASURE_SECONDS = isQuick() ? 5 : 20;
const LANGUAGES = ["en", "de", "ja", "pt", "es", "fr", "nl", "ko", "it", "pl"];

type Load = {
  readonly pipelines: number;
  readonly cpu: number;
  readonly serverCpu: number;
  readonly rssBytes: number;
  readonly commits: number;
  readonly consumers: number;
};

const files = await benchFiles("events", EVENTS_PER_SECOND * 200);
const messages = await readMessages(files.messages);
await using live = await openLive();
let commits = 0;
const failures: unknown[] = [];
const stop = live.work((event) => {
  if (event.kind === "progress") commits += 1;
  if (event.kind === "failed") failures.push(event.error);
});
const loads: Load[] = [];
let deployed = 0;
let published = 0;
for (const pipelines of PIPELINES) {
  for (; deployed < pipelines; deployed += 1) await live.deploy(programOf(deployed));
  loads.push(await measure(pipelines));
}
await stop();
if (failures.length > 0) throw failures[0];
report({ lines: table(loads), raw: loads });

function programOf(i: number): string {
  const language = LANGUAGES[i % LANGUAGES.length];
  return `pipeline many_${i} {
    from firehose('app.bsky.feed.post') start at new
    |> filter op == 'create' && record.langs has '${language}' && length(record.text) > ${i}
    |> window tumbling(size: 10s, grace: 0s)
    |> reduce by lang_of(record) as lang { posts: count() }
    |> to topic('bench.many.${i}', key: lang)
  }`;
}

async function measure(pipelines: number): Promise<Load> {
  await publish(SETTLE_SECONDS);
  globalThis.gc?.();
  const [before, serverBefore, commitsBefore] = [
    process.cpuUsage(),
    await serverCpuMs(live.serverPid),
    commits,
  ];
  const start = performance.now();
  await publish(MEASURE_SECONDS);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const jsm = await consumersOf(live);
  return {
    pipelines,
    cpu: (user + system) / 1e6 / seconds,
    serverCpu: ((await serverCpuMs(live.serverPid)) - serverBefore) / 1000 / seconds,
    rssBytes: process.memoryUsage.rss(),
    commits: (commits - commitsBefore) / seconds,
    consumers: jsm,
  };
}

async function publish(seconds: number): Promise<void> {
  const next = messages.slice(published, published + seconds * EVENTS_PER_SECOND);
  published += next.length;
  await publishPaced(live.publisher, next, EVENTS_PER_SECOND, `many-${published}`);
}

async function consumersOf({ connection }: Live): Promise<number> {
  const answer = await connection.request("$JS.API.STREAM.INFO.FIREHOSE");
  // The server's own answer.
  return (answer.json() as { state: { consumer_count: number } }).state.consumer_count;
}

function table(all: readonly Load[]): string[] {
  const [ten, hundred] = [all.at(-2), all.at(-1)];
  const per = (value: (load: Load) => number): number =>
    ten === undefined || hundred === undefined
      ? Number.NaN
      : (value(hundred) - value(ten)) / (hundred.pipelines - ten.pipelines);
  return [
    `${EVENTS_PER_SECOND} events/s of ${files.source}, ${MEASURE_SECONDS} s each, one worker thread.`,
    "",
    "| pipelines | CPU, cores | server's CPU, cores | memory | commits/s | readers of FIREHOSE |",
    "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ...all.map(
      (one) =>
        `| ${one.pipelines} | ${one.cpu.toFixed(3)} | ${one.serverCpu.toFixed(3)} | ${(one.rssBytes / 2 ** 20).toFixed(0)} MiB | ${one.commits.toFixed(1)} | ${one.consumers} |`,
    ),
    "",
    `Each pipeline from the 11th to the 100th: ${(per(({ cpu }) => cpu) * 100).toFixed(2)} % of a core here, ${(per(({ serverCpu }) => serverCpu) * 100).toFixed(2)} % in the server, ${(per(({ rssBytes }) => rssBytes) / 2 ** 20).toFixed(1)} MiB.`,
  ];
}
