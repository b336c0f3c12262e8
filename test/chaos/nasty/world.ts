// What the nasty suite stands on: one server that is killed, a relay, workers and shufflers, all programs deployed.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type SimulatedRelay,
  startSimulatedRelay,
} from "../../../bench/simulated-relay/relay-server.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../../plan/partition.ts";
import { connectNats, type NatsConnection } from "../../../runtime/adapters/nats/connect.ts";
import { ensureStreams } from "../../../runtime/adapters/nats/streams.ts";
import { startTestNats, type TestNats } from "../../../runtime/testing/nats.ts";
import { type Member, startMember } from "../member.ts";
import { untilCursorSaved } from "../world.ts";
import { Deployments } from "./deployments.ts";
import { PROGRAMS } from "./programs.ts";

const WORKERS = 3;
const SHUFFLERS = 2;

export type NastyWorld = AsyncDisposable & {
  readonly server: TestNats;
  readonly connection: NatsConnection;
  readonly relay: SimulatedRelay;
  readonly workers: readonly Member[];
  readonly shufflers: readonly Member[];
  readonly deployments: Deployments;
};

export type NastyWorldOptions = {
  readonly frames: readonly Uint8Array[];
  readonly framesPerSecond: number;
  /** For the logs of all processes, and the programs. */
  readonly folder: string;
};

/** Starts everything and waits until the cursor is saved. */
export async function startNastyWorld(options: NastyWorldOptions): Promise<NastyWorld> {
  const { frames, framesPerSecond, folder } = options;
  await mkdir(folder, { recursive: true });
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startTestNats());
  const connection = await connectNats({ url: server.url, name: "chaos" });
  stack.defer(() => connection.close());
  await ensureStreams(connection, { buckets: 2, partitions: FIREHOSE_PARTITIONS_DEFAULT });
  const deployments = new Deployments(folder, server.url);
  for (const program of PROGRAMS) await deployments.deploy(program, "plain");
  const relay = stack.use(await startSimulatedRelay({ frames, eventsPerSecond: framesPerSecond }));
  const start = async (name: string, args: readonly string[]): Promise<Member> => {
    const logFile = join(folder, `${name}.log`);
    return stack.use(await startMember({ name, args, servers: [server.url], logFile }));
  };
  const workers: Member[] = [];
  for (let i = 1; i <= WORKERS; i += 1) {
    workers.push(await start(`worker-${i}`, ["worker", "--threads", "1"]));
  }
  const shufflers: Member[] = [];
  for (let i = 1; i <= SHUFFLERS; i += 1) {
    const buffer = join(folder, `buffer-${i}`);
    const args = ["shuffler", "--relay", relay.url, "--buffer", buffer];
    shufflers.push(await start(`shuffler-${i}`, args));
    await untilCursorSaved(connection, relay);
  }
  const owned = stack.move();
  return {
    server,
    connection,
    relay,
    workers,
    shufflers,
    deployments,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
