// Everything a chaos run stands on: a cluster, a relay, workers and shufflers, the pipelines deployed.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import {
  type SimulatedRelay,
  startSimulatedRelay,
} from "../../bench/simulated-relay/relay-server.ts";
import { sourceKey } from "../../cli/source.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import { connectNats, type NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { NatsCursorStore } from "../../runtime/adapters/nats/cursor-store.ts";
import { ensureStreams } from "../../runtime/adapters/nats/streams.ts";
import { type NatsCluster, startNatsCluster } from "../../runtime/testing/nats-cluster.ts";
import { fpaas } from "../support/fpaas.ts";
import { type Member, startMember } from "./member.ts";
import { comesTrue } from "./wait.ts";

const PIPELINES = fileURLToPath(new URL("chaos.fpl", import.meta.url));
const WORKERS = 3;
const SHUFFLERS = 2;
const START_MS_MAX = 120_000;

export type World = AsyncDisposable & {
  readonly cluster: NatsCluster;
  readonly connection: NatsConnection;
  readonly relay: SimulatedRelay;
  readonly workers: readonly Member[];
  readonly shufflers: readonly Member[];
};

export type WorldOptions = {
  readonly tape: readonly Uint8Array[];
  readonly framesPerSecond: number;
  /** For the logs of all processes. */
  readonly folder: string;
};

/** Starts everything and waits until the first events have come through and the cursor is saved. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { tape, framesPerSecond, folder } = options;
  await mkdir(folder, { recursive: true });
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await startNatsCluster({ folder }));
  const connection = await connectNats({ url: cluster.url, name: "chaos" });
  stack.defer(() => connection.close());
  await ensureStreams(connection, {
    buckets: 2,
    partitions: FIREHOSE_PARTITIONS_DEFAULT,
    replicas: 3,
  });
  await fpaas(["deploy", PIPELINES, "--nats", cluster.url]);
  const relay = stack.use(
    await startSimulatedRelay({ frames: tape, eventsPerSecond: framesPerSecond }),
  );
  const servers = cluster.nodes.map(({ url }) => url);
  const start = async (name: string, args: readonly string[]): Promise<Member> =>
    stack.use(await startMember({ name, args, servers, logFile: join(folder, `${name}.log`) }));
  const numbered = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const workers = await Promise.all(
    numbered(WORKERS).map((i) => start(`worker-${i}`, ["worker", "--threads", "1"])),
  );
  const shuffling = (buffer: string) => ["shuffler", "--relay", relay.url, "--buffer", buffer];
  const shufflers: Member[] = [];
  for (const i of numbered(SHUFFLERS)) {
    shufflers.push(await start(`shuffler-${i}`, shuffling(join(folder, `buffer-${i}`))));
    await untilCursorSaved(connection, relay);
  }
  const owned = stack.move();
  return {
    cluster,
    connection,
    relay,
    workers,
    shufflers,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Whether every stream has a leader and all its replicas, all up to date. */
export async function isWhole(connection: NatsConnection): Promise<boolean> {
  try {
    const manager = await jetstreamManager(connection, { timeout: 2000 });
    for await (const { cluster } of manager.streams.list()) {
      const replicas = cluster?.replicas ?? [];
      if (cluster?.leader === undefined || replicas.length < 2) return false;
      if (replicas.some(({ current, offline }) => !current || offline === true)) return false;
    }
    return true;
  } catch {
    return false; // Nobody answers: not whole, and asked again.
  }
}

/** A shuffler without a cursor begins at the relay's present, so the first must have saved one. */
export async function untilCursorSaved(
  connection: NatsConnection,
  relay: SimulatedRelay,
): Promise<void> {
  const store = await NatsCursorStore.open(connection);
  const key = await sourceKey(relay.url);
  const isSaved = async () => (await store.load(key)) !== null;
  if (!(await comesTrue(isSaved, START_MS_MAX))) throw new Error("no shuffler saves a cursor");
}
