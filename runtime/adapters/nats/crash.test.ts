// A process whose tasks commit together dies at each place of a commit, on a real server, and is started again: every
// number is stored once.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CrashAt, Fate, MortalProcess } from "../../../test/simulation/mortal-process.ts";
import { NATS_CRASH_POINTS } from "../../crash-points.ts";
import { startTcpProxy } from "../../testing/tcp-proxy.ts";
import { type Bench, message, openBench, STREAM, textOf, texts } from "./bench.test-support.ts";
import { connectNats } from "./connect.ts";
import { NatsLog } from "./nats-log.ts";

const TASKS = ["a", "b", "c", "d"];
const COMMITS = 4;
/** Every run comes by each place as often, however the commits are grouped. */
const ORDINALS = [1, 2, 3, 4];
const CRASHES = NATS_CRASH_POINTS.flatMap((point) =>
  ORDINALS.map((ordinal) => ({ point, ordinal })),
);
const NUMBERS = Array.from({ length: COMMITS }, (_, i) => String(i + 1));

let bench: Bench;
let count = 0;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

/** Commits the numbers that are left, each with a checkpoint; task `d` nothing but checkpoints. */
async function commitAll(log: NatsLog, name: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const last = await log.last(STREAM, `${name}.c`);
    const next = Number(textOf(last) ?? 0) + 1;
    if (next > COMMITS) return;
    const checkpoint = message(`${name}.c`, String(next), last?.seq ?? 0);
    const out = message(`${name}.out`, String(next));
    const batch = name.endsWith("d") ? [checkpoint] : [out, checkpoint];
    // Fenced when a commit of the dead process arrives only now: then the task begins again.
    await log.commit(STREAM, batch, signal);
  }
}

/** One process, to its end or its death. @returns whether everything is committed */
async function runProcess(at: string, fate: Fate): Promise<boolean> {
  await using proxy = await startTcpProxy(Number(new URL(bench.nats.url).port));
  const process = new MortalProcess(fate);
  const died = Promise.withResolvers<false>();
  process.death.addEventListener("abort", () => {
    proxy.refuse(); // Nothing that is written from now on gets there.
    died.resolve(false);
  });
  const nc = await connectNats({ url: proxy.url, name: "mortal" });
  const log = new NatsLog(nc, process);
  const tasks = TASKS.map((task) => commitAll(log, `${at}.${task}`, process.death));
  const done = Promise.all(tasks).then(
    () => true,
    (error: unknown) => {
      if (!process.death.aborted) throw error;
      return false;
    },
  );
  const isDone = await Promise.race([done, died.promise]);
  await nc.close();
  return isDone;
}

async function live(crash: CrashAt | null): Promise<{ fate: Fate; at: string; processes: number }> {
  const fate = new Fate(crash);
  const at = `fpl.0.crash${count++}`;
  for (let processes = 1; ; processes += 1) {
    if (await runProcess(at, fate)) return { fate, at, processes };
  }
}

async function expectEachOnce(at: string): Promise<void> {
  for (const task of TASKS) {
    const stored = await texts(bench.log, `${at}.${task}.${task === "d" ? "c" : "out"}`);
    expect(stored).toEqual(NUMBERS);
  }
}

describe("a process that commits", () => {
  it("comes by every place often enough", async () => {
    const { fate, at } = await live(null);
    const least = Math.max(...ORDINALS);
    for (const point of NATS_CRASH_POINTS) {
      expect(fate.reached.get(point), point).toBeGreaterThanOrEqual(least);
    }
    await expectEachOnce(at);
  });

  it.each(CRASHES)("stores everything once if it dies at $point:$ordinal", async (crash) => {
    const { at, processes } = await live(crash);
    expect(processes).toBe(2);
    await expectEachOnce(at);
  });
});
