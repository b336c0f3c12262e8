// Two shufflers on two relays that carry the same commits under different seqs; one of them is killed again
// and again, now for a moment, now for longer. The stream holds each event once.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../bench/simulated-relay/random.ts";
import { startSimulatedRelay } from "../../bench/simulated-relay/relay-server.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { fpaasInBackground, type Running } from "../support/fpaas.ts";
import { makeFeed } from "./feed.ts";
import { checkStored, type StoredReport } from "./stored.ts";
import { until } from "./until.ts";

export type TwoRelaysOptions = {
  readonly kills: number;
  readonly eventsPerSecond: number;
  readonly seed: number;
  readonly folder: string;
};

export type TwoRelaysReport = StoredReport & { readonly kills: number; readonly log: string };

/** From one kill to the next, mean; the process needs some of it to start. */
const KILL_SECONDS = 6;
const OTHER_FIRST_SEQ = 7_000_000_001;
const PATIENCE_SECONDS = 300;

export async function twoRelays(options: TwoRelaysOptions): Promise<TwoRelaysReport> {
  const { kills, eventsPerSecond, seed, folder } = options;
  const random = createRandom(seed, "two relays");
  const seconds = (kills + 2) * KILL_SECONDS;
  const startMs = Date.now();
  const feed = { seconds, eventsPerSecond, startMs };
  const { frames, ids } = makeFeed(feed);
  const others = makeFeed({ ...feed, firstSeq: OTHER_FIRST_SEQ }).frames;
  await using nats = await startTestNats();
  await using one = await startSimulatedRelay({ frames, eventsPerSecond });
  await using other = await startSimulatedRelay({ frames: others, eventsPerSecond });
  const start = (relay: string, name: string): Running => {
    const flags = ["--relay", relay, "--buffer", join(folder, name)];
    return fpaasInBackground(["shuffler", ...flags], { NATS_URL: nats.url });
  };
  const steady = start(one.url, "one");
  let killed = start(other.url, "other");
  let log = "";
  try {
    await until("both read", PATIENCE_SECONDS, () => one.headSeq() > 0 && other.headSeq() > 0);
    for (let kill = 0; kill < kills; kill += 1) {
      await sleep(random.between(0.5, 1.5) * KILL_SECONDS * 1000);
      killed.kill("SIGKILL");
      await killed.ended;
      log += killed.stderr();
      killed = start(other.url, "other");
    }
    await until("the relays are through", PATIENCE_SECONDS, () => {
      const isOtherThrough = other.headSeq() >= OTHER_FIRST_SEQ + frames.length - 1;
      return one.headSeq() >= frames.length && isOtherThrough;
    });
    const isAll = async () => (await checkStored(nats.url, ids)).missing === 0;
    await until("all is stored", PATIENCE_SECONDS, isAll);
    for (const running of [steady, killed]) running.kill("SIGTERM");
    await Promise.all([steady.ended, killed.ended]);
    log += killed.stderr();
    return { ...(await checkStored(nats.url, ids)), kills, log };
  } finally {
    for (const running of [steady, killed]) running.kill("SIGKILL");
    for (const name of ["one", "other"]) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}
