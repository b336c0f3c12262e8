// A pipeline's surroundings on a real nats-server, in one process: the firehose is fed by hand, and workers
// run their tasks right here.

import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  bucketStream,
  commitSubject,
  HEADER,
  topicSubject,
  watermarkSubject,
} from "../../plan/names.ts";
import { partitionOf } from "../../plan/partition.ts";
import { connectNats, type NatsConnection } from "../adapters/nats/connect.ts";
import { NatsDeploymentStore } from "../adapters/nats/deployment-store.ts";
import { NatsLog } from "../adapters/nats/nats-log.ts";
import { NatsPublisher } from "../adapters/nats/publisher.ts";
import { ensureStreams } from "../adapters/nats/streams.ts";
import { systemClock } from "../adapters/system-clock.ts";
import type { DeployTarget } from "../deploy.ts";
import { decodeRecords, encodeRecord } from "../eval/codec.ts";
import { toJson } from "../eval/json.ts";
import type { Log } from "../ports.ts";
import { FailureLog } from "../task/failure-log.ts";
import { runStageTask, type TaskEnd, type TaskReport } from "../task/stage-task.ts";
import { startTestNats, type TestNats } from "../testing/nats.ts";
import { type RunningTask, type TaskHost, Worker, type WorkerEvent } from "../worker.ts";

const PARTITIONS = 4;
export const STREAM = bucketStream(0);
const T0 = Date.UTC(2026, 6, 4, 12);
const AUTHORS = 12;

/** The record `n` of the firehose: its author, its time, what it likes. */
export function likeAt(n: number) {
  return { did: `did:plc:${n % AUTHORS}`, timeMs: T0 + n * 500, subject: `post${(n * 7) % 5}` };
}

export type World = AsyncDisposable & {
  readonly nats: TestNats;
  readonly nc: NatsConnection;
  readonly log: NatsLog;
  readonly store: NatsDeploymentStore;
  readonly target: DeployTarget;
  /** Publishes the likes from `from` to before `to`, each followed by watermarks now and then. */
  feed(from: number, to: number): Promise<void>;
  /** Says that nothing more will come. */
  end(): Promise<void>;
  /** Starts a worker; `log` is what its tasks run on. */
  work(log?: Log, onEvent?: (event: WorkerEvent) => void): WorkingWorker;
  /** What a topic holds, as JSON, in the order of its stream. */
  records(topic: string): Promise<Record<string, unknown>[]>;
};

export type WorkingWorker = {
  /** The last report of each task. */
  readonly reports: ReadonlyMap<string, TaskReport>;
  stop(): Promise<void>;
};

export async function openWorld(): Promise<World> {
  const nats = await startTestNats();
  const nc = await connectNats({ url: nats.url, name: "test" });
  await ensureStreams(nc, { buckets: 1, partitions: PARTITIONS });
  const log = new NatsLog(nc);
  const store = await NatsDeploymentStore.open(nc);
  const publisher = new NatsPublisher(nc);
  const workers: WorkingWorker[] = [];
  const feeds: Promise<void>[] = [];
  const closing = new AbortController();
  return {
    nats,
    nc,
    log,
    store,
    get target(): DeployTarget {
      const nowMs = Date.now();
      const fixed = { tenant: "local", buckets: 1, firehosePartitions: PARTITIONS } as const;
      return { store, log, ...fixed, nowMs, defaultStart: "first" };
    },
    feed: (from, to) => {
      const fed = feed(publisher, from, to, closing.signal);
      feeds.push(fed);
      return fed;
    },
    end: () => watermark(publisher, END_OF_TIME_MS),
    work: (own = log, onEvent = () => undefined) => {
      const worker = startWorker(`w${workers.length}`, store, own, onEvent);
      workers.push(worker);
      return worker;
    },
    records: (topic) => recordsOf(topic, log, store),
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await Promise.all(feeds);
      await Promise.all(workers.map((worker) => worker.stop()));
      await publisher[Symbol.asyncDispose]();
      await nc.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

async function feed(
  publisher: NatsPublisher,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<void> {
  for (let n = from; n < to && !signal.aborted; n += 1) {
    const { did, timeMs, subject } = likeAt(n);
    const event = { did, seq: n, time: timeMs, kind: "commit", op: "create", record: { subject } };
    await publisher.enqueue({
      subject: commitSubject(partitionOf(did, PARTITIONS), "create", "app.bsky.feed.like"),
      msgId: `like${n}`,
      headers: new Map(),
      payload: encodeRecord({ ...event, collection: "app.bsky.feed.like", rkey: "r", rev: "r" }),
    });
    if (n % 10 === 9) await watermark(publisher, timeMs - 1000);
  }
  await publisher.idle();
}

async function watermark(publisher: NatsPublisher, ms: number): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    await publisher.enqueue({
      subject: watermarkSubject(partition),
      msgId: `watermark${partition}.${ms}`,
      headers: new Map([[HEADER.watermark, String(ms)]]),
      payload: new Uint8Array(),
    });
  }
  await publisher.idle();
}

function startWorker(
  id: string,
  store: NatsDeploymentStore,
  log: Log,
  onEvent: (event: WorkerEvent) => void,
): WorkingWorker {
  const stop = new AbortController();
  const reports = new Map<string, TaskReport>();
  const ended = new Worker(id, {
    store,
    membership: { beat: async () => {}, alive: async () => [id], leave: async () => {} },
    host: new InProcessHost(log),
    failures: new FailureLog(log, systemClock),
    clock: systemClock,
    onEvent: (event) => {
      onEvent(event);
      if (event.kind === "progress") reports.set(event.task, event.report);
    },
  }).run(stop.signal);
  return {
    reports,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

class InProcessHost implements TaskHost {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  start(...[deployment, task, report]: Parameters<TaskHost["start"]>): RunningTask {
    const stop = new AbortController();
    const ports = { log: this.#log, clock: systemClock, report };
    const done: Promise<TaskEnd> = runStageTask(deployment, task, ports, stop.signal);
    return { done, stop: () => stop.abort() };
  }
}

async function recordsOf(topic: string, log: Log, store: NatsDeploymentStore) {
  const at = await store.topic("local", topic);
  if (at === null) throw new Error(`nobody owns ${topic}`);
  const subjects = Array.from({ length: at.partitions }, (_, i) =>
    topicSubject(at.owner, topic, i),
  );
  const records: Record<string, unknown>[] = [];
  for await (const { payload } of log.readAll(STREAM, subjects)) {
    for (const record of decodeRecords(payload)) {
      // Topics hold records; what else came out would fail the comparison.
      records.push(toJson(record) as Record<string, unknown>);
    }
  }
  return records;
}
