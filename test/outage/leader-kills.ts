// Three NATS nodes, three copies; the node that leads the firehose stream is killed again and again under
// load. Every event once, and how long nothing was stored at most.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { startSimulatedRelay } from "../../bench/simulated-relay/relay-server.ts";
import { FIREHOSE_STREAM } from "../../plan/names.ts";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { ensureStreams } from "../../runtime/adapters/nats/streams.ts";
import { startNatsCluster } from "../../runtime/testing/nats-cluster.ts";
import { fpaasInBackground } from "../support/fpaas.ts";
import { makeFeed } from "./feed.ts";
import { checkStored, type StoredReport } from "./stored.ts";
import { until } from "./until.ts";

export type LeaderKillsOptions = {
  readonly seconds: number;
  /** From one kill to the next. */
  readonly everySeconds: number;
  readonly eventsPerSecond: number;
  readonly folder: string;
};

export type LeaderKillsReport = StoredReport & { readonly kills: number; readonly log: string };

/** How long a killed node stays away. */
const AWAY_MS = 4000;
const PATIENCE_SECONDS = 240;

export async function leaderKills(options: LeaderKillsOptions): Promise<LeaderKillsReport> {
  const { seconds, everySeconds, eventsPerSecond, folder } = options;
  await using cluster = await startNatsCluster({ syncAlways: false });
  const connection = await connectNats({ url: cluster.url, name: "outage" });
  await ensureStreams(connection, { buckets: 1, partitions: 8, replicas: 3 });
  const { frames, ids } = makeFeed({ seconds, eventsPerSecond, startMs: Date.now() });
  await using relay = await startSimulatedRelay({ frames, eventsPerSecond });
  const buffer = join(folder, "buffer");
  const flags = ["--relay", relay.url, "--buffer", buffer];
  const shuffler = fpaasInBackground(["shuffler", ...flags], { NATS_URL: cluster.url });
  let kills = 0;
  try {
    await until("the shuffler reads", PATIENCE_SECONDS, () => relay.headSeq() > 0);
    while (relay.headSeq() < frames.length) {
      await sleep(everySeconds * 1000 - AWAY_MS);
      const leader = await leaderOf(connection);
      const node = cluster.nodes.find(({ name }) => name === leader);
      if (node === undefined) continue; // An election is under way.
      await node.crash();
      kills += 1;
      await sleep(AWAY_MS);
      await node.restart();
    }
    await cluster.ready();
    const isAll = async () => (await checkStored(cluster.url, ids)).missing === 0;
    await until("all is stored", PATIENCE_SECONDS, isAll);
    shuffler.kill("SIGTERM");
    await shuffler.ended;
    return { ...(await checkStored(cluster.url, ids)), kills, log: shuffler.stderr() };
  } finally {
    shuffler.kill("SIGKILL");
    await connection.close();
    await rm(buffer, { recursive: true, force: true });
  }
}

async function leaderOf(connection: Awaited<ReturnType<typeof connectNats>>): Promise<string> {
  try {
    const jsm = await jetstreamManager(connection, { checkAPI: false });
    return (await jsm.streams.info(FIREHOSE_STREAM)).cluster?.leader ?? "";
  } catch {
    return ""; // Nobody answers just now.
  }
}
