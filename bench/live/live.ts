// Everything a deployed pipeline runs on, for measurements: a server of its own, a publisher, and a worker
// with one thread.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { DEFAULT_TENANT } from "../../plan/names.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import { connectNats, type NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { NatsDeploymentStore } from "../../runtime/adapters/nats/deployment-store.ts";
import { NatsMembership } from "../../runtime/adapters/nats/membership.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { NatsPublisher } from "../../runtime/adapters/nats/publisher.ts";
import { ensureStreams } from "../../runtime/adapters/nats/streams.ts";
import { startNatsServer } from "../../runtime/adapters/nats-server.ts";
import { ThreadHost } from "../../runtime/adapters/piscina/thread-host.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { FailureLog } from "../../runtime/task/failure-log.ts";
import { Worker, type WorkerEvent } from "../../runtime/worker.ts";

/** Acks outstanding while a stream is filled before the clock starts. */
const IN_FLIGHT_MAX = 2048;

export type Live = AsyncDisposable & {
  readonly serverPid: number;
  readonly connection: NatsConnection;
  readonly log: NatsLog;
  readonly publisher: NatsPublisher;
  /** Compiles and deploys a program of one pipeline. */
  deploy(program: string): Promise<void>;
  /** Starts a worker of one thread; the result stops it. */
  work(onEvent: (event: WorkerEvent) => void): () => Promise<void>;
};

export async function openLive(): Promise<Live> {
  await using stack = new AsyncDisposableStack();
  const storeDir = await mkdtemp(join(tmpdir(), "fpaas-bench-"));
  stack.defer(() => rm(storeDir, { recursive: true, force: true }));
  const server = stack.use(await startNatsServer({ storeDir }));
  const connection = await connectNats({ url: server.url, name: "fpaas bench" });
  stack.defer(() => connection.close());
  const layout = { buckets: 1, partitions: FIREHOSE_PARTITIONS_DEFAULT };
  await ensureStreams(connection, layout);
  const log = new NatsLog(connection);
  const publisher = stack.use(new NatsPublisher(connection, { inFlightMax: IN_FLIGHT_MAX }));
  const store = await NatsDeploymentStore.open(connection);
  const membership = await NatsMembership.open(connection);
  const host = stack.use(new ThreadHost(server.url, 1));
  const deploy = async (text: string): Promise<void> => {
    await deployPlan(planOf(text), text, {
      store,
      log,
      tenant: DEFAULT_TENANT,
      buckets: layout.buckets,
      firehosePartitions: layout.partitions,
      nowMs: Date.now(),
      defaultStart: "first",
    });
  };
  const all = stack.move();
  return {
    serverPid: server.pid,
    connection,
    log,
    publisher,
    deploy,
    work: (onEvent) => {
      const stop = new AbortController();
      const failures = new FailureLog(log, systemClock);
      const ports = { store, membership, host, failures, clock: systemClock, onEvent };
      const worker = new Worker("bench", ports);
      const working = worker.run(stop.signal);
      return async () => {
        stop.abort();
        await working;
      };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
