import { afterAll, beforeAll, expect, it } from "vitest";
import { connectNats, type NatsConnection } from "../adapters/nats/connect.ts";
import { NatsLog } from "../adapters/nats/nats-log.ts";
import { ensureStreams } from "../adapters/nats/streams.ts";
import { type NatsCluster, startNatsCluster } from "./nats-cluster.ts";

const STREAM = "FPL_0";
const NEVER = new AbortController().signal;

let cluster: NatsCluster;
let connection: NatsConnection;
let log: NatsLog;
beforeAll(async () => {
  cluster = await startNatsCluster();
  connection = await connectNats({ url: cluster.url, name: "test" });
  await ensureStreams(connection, { buckets: 1, partitions: 1, replicas: 3 });
  log = new NatsLog(connection);
});
afterAll(async () => {
  await connection?.close();
  await cluster?.[Symbol.asyncDispose]();
});

/** Commits on top of `expectedLastSeq`, through whatever happens; gives the new sequence. */
async function commit(expectedLastSeq: number): Promise<number> {
  const output = { subject: "fpl.0.out", headers: new Map(), payload: new Uint8Array() };
  const checkpoint = { ...output, subject: "fpl.0.checkpoint", expectedLastSeq };
  const result = await log.commit(STREAM, [output, checkpoint], NEVER);
  if (result.kind !== "committed") throw new Error(`commit was ${result.kind}`);
  return result.lastSeq;
}

it("commits on while a node is dead or turned away, and takes it back", async () => {
  const [first, second] = cluster.nodes;
  if (first === undefined || second === undefined) throw new Error("no nodes");
  let seq = await commit(0);
  await first.crash();
  seq = await commit(seq);
  await first.restart();
  await cluster.ready();
  second.part("refusal");
  seq = await commit(seq);
  second.rejoin();
  await cluster.ready();
  await commit(seq);
  expect(await log.lastSeq(STREAM)).toBe(8);
});
