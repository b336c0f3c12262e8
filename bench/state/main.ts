// What a million keys in one windowed reduce cost: memory, checkpoints, the time to restore them, and the close of the window.
// A real nats-server; source stage and reduce run as stage tasks in this process, one partition each.
//
//   npm run bench:state                     1 000 000 keys
//   npm run bench:state -- --keys 100000
//
// Every result is checked at the end.

import { cpus } from "node:os";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { World } from "./world.ts";

const at = process.argv.indexOf("--keys");
const keys = at === -1 ? 1_000_000 : Number(process.argv[at + 1]);

console.log(`${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}`);
await using nats = await startTestNats();
const connection = await connectNats({ url: nats.url, name: "fpaas bench" });
const world = await World.open(connection);
print("before", `rss ${rssMb()} MB`);

const counting = world.start();
const countedMs = await timed(async () => {
  await world.feed(keys);
  await counting.until(({ stateKeys }) => stateKeys >= keys);
});
const { stateBytes } = counting.report();
print(`${keys} keys counted`, `${seconds(countedMs)}, rss ${rssMb()} MB, heap ${heapMb()} MB`);
print("state in the log", `${mb(stateBytes)} MB, ${Math.round(stateBytes / keys)} bytes a key`);
const { commits, bytes, longestMs, sumMs } = world.log.figures();
print(
  "commits of state",
  `${commits}, ${mb(bytes)} MB in all, mean ${Math.round(sumMs / commits)} ms`,
);
print("longest commit", `${Math.round(longestMs)} ms`);
await counting.stop();

const restored = world.start();
const restoredMs = await timed(() => restored.ready());
print("restored", `${seconds(restoredMs)}, rss ${rssMb()} MB`);

const closedMs = await timed(async () => {
  await world.end();
  await world.untilClosed();
});
print("window closed", `${seconds(closedMs)}, rss ${rssMb()} MB`);
await restored.stop();
await world.check(keys);
print("results", `${keys}, each as it must be`);
await connection.close();

async function timed(work: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

function print(what: string, figures: string): void {
  console.log(`| ${what} | ${figures} |`);
}

function rssMb(): number {
  return mb(process.memoryUsage.rss());
}

function heapMb(): number {
  return mb(process.memoryUsage().heapUsed);
}

function mb(bytes: number): number {
  return Math.round(bytes / 1e6);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
