// NATS is killed while a relay goes on: what comes meanwhile is held in memory, then on disk, and all of it
// ends in the stream, once and in order.

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startSimulatedRelay } from "../../bench/simulated-relay/relay-server.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { fpaasInBackground } from "../support/fpaas.ts";
import { makeFeed } from "./feed.ts";
import { checkStored, type StoredReport } from "./stored.ts";
import { until } from "./until.ts";

export type NatsAwayOptions = {
  readonly awaySeconds: number;
  readonly eventsPerSecond: number;
  readonly memoryMegabytes: number;
  /** How long it plays before and after. */
  readonly aroundSeconds?: number;
  readonly folder: string;
};

export type NatsAwayReport = StoredReport & {
  /** Resident memory of the shuffler: before the outage, and at most. */
  readonly memoryBeforeMegabytes: number;
  readonly memoryPeakMegabytes: number;
  readonly slowReadersDropped: number;
  readonly secondsToCatchUp: number;
  readonly log: string;
};

const AROUND_SECONDS = 8;
const PATIENCE_SECONDS = 240;

export async function natsAway(options: NatsAwayOptions): Promise<NatsAwayReport> {
  const { awaySeconds, eventsPerSecond, memoryMegabytes, folder } = options;
  const { aroundSeconds = AROUND_SECONDS } = options;
  const seconds = aroundSeconds + awaySeconds + aroundSeconds;
  await using nats = await startTestNats();
  const buffer = join(folder, "buffer");
  const { frames, ids } = makeFeed({ seconds, eventsPerSecond, startMs: Date.now() });
  await using relay = await startSimulatedRelay({ frames, eventsPerSecond });
  const flags = ["--buffer", buffer, "--buffer-memory", String(memoryMegabytes)];
  const shuffler = fpaasInBackground(["shuffler", "--relay", relay.url, ...flags], {
    NATS_URL: nats.url,
  });
  try {
    const first = aroundSeconds * eventsPerSecond;
    await until("the shuffler reads", PATIENCE_SECONDS, () => relay.headSeq() >= first);
    const memoryBeforeMegabytes = await megabytes(shuffler.pid, "VmRSS");
    await nats.crash();
    await sleep(awaySeconds * 1000);
    await nats.restart();
    const backMs = performance.now();
    const stored = async () => (await checkStored(nats.url, ids)).missing === 0;
    await until("the relay is through", PATIENCE_SECONDS, () => relay.headSeq() >= frames.length);
    await until("all is stored", PATIENCE_SECONDS, stored);
    const secondsToCatchUp = Math.round((performance.now() - backMs) / 1000);
    const memoryPeakMegabytes = await megabytes(shuffler.pid, "VmHWM");
    shuffler.kill("SIGTERM");
    await shuffler.ended;
    return {
      ...(await checkStored(nats.url, ids)),
      memoryBeforeMegabytes,
      memoryPeakMegabytes,
      slowReadersDropped: relay.stats().slowReadersDropped,
      secondsToCatchUp,
      log: shuffler.stderr(),
    };
  } finally {
    shuffler.kill("SIGKILL");
    await rm(buffer, { recursive: true, force: true });
  }
}

/** A figure of Linux's on a process; 0 elsewhere. */
async function megabytes(pid: number, name: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kilobytes = Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return Math.round(kilobytes / 1024);
}
