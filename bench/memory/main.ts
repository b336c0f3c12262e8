// Does the memory of a worker stay flat? A worker process runs several pipelines for minutes, fed as fast as
// it goes, and its resident memory is printed every 30 s. Every result is checked at the end.
//
//   npm run bench:memory                 10 minutes
//   npm run bench:memory -- --minutes 2
//
// Event time runs at a millisecond an event, so a window of a minute holds 60 000 events of 20 000 keys.

import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { Feed, T0_MS, WINDOW_MS } from "./feed.ts";
import { checkTopic, PIPELINES, watermarkOf } from "./pipelines.ts";
import { deploy, startWorker } from "./processes.ts";

const SAMPLE_MS = 30_000;
/** The feed waits when it is further ahead of the slowest pipeline's results. */
const AHEAD_MS_MAX = 3 * WINDOW_MS;
const BATCH_EVENTS = 2000;

const at = process.argv.indexOf("--minutes");
const minutes = at === -1 ? 10 : Number(process.argv[at + 1]);

console.log(`${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}`);
await using nats = await startTestNats();
const connection = await connectNats({ url: nats.url, name: "fpaas bench" });
await using feed = await Feed.open(connection);
for (const pipeline of PIPELINES) await deploy(pipeline, nats.url);
const worker = startWorker(nats.url);
try {
  await runFor(minutes * 60_000);
  await feed.end();
  for (const { topic } of PIPELINES) {
    const results = await checkTopic(connection, topic, feed.events);
    console.log(`${topic}: ${results} results, each as a plain loop counts it`);
  }
  console.log(`rss at the end: ${await rssMb()} MB`);
} finally {
  worker.kill("SIGTERM");
  await worker.ended;
}
await connection.close();

async function runFor(ms: number): Promise<void> {
  console.log("\n| s | events | events/s | rss MB |\n| ---: | ---: | ---: | ---: |");
  const beganMs = performance.now();
  let sampledMs = beganMs;
  let sampledEvents = 0;
  while (performance.now() - beganMs < ms) {
    if (T0_MS + feed.events - (await slowest()) < AHEAD_MS_MAX) await feed.publish(BATCH_EVENTS);
    else await new Promise((resolve) => setTimeout(resolve, 20));
    const nowMs = performance.now();
    if (nowMs - sampledMs < SAMPLE_MS) continue;
    const rate = ((feed.events - sampledEvents) / (nowMs - sampledMs)) * 1000;
    const elapsed = Math.round((nowMs - beganMs) / 1000);
    console.log(`| ${elapsed} | ${feed.events} | ${Math.round(rate)} | ${await rssMb()} |`);
    sampledMs = nowMs;
    sampledEvents = feed.events;
  }
}

async function slowest(): Promise<number> {
  const all = await Promise.all(PIPELINES.map(({ topic }) => watermarkOf(connection, topic)));
  return Math.min(...all);
}

/** Of the worker, as the kernel counts it. */
async function rssMb(): Promise<number> {
  const status = await readFile(`/proc/${worker.pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}
