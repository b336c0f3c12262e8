// What the bench of large state stands on: a topic that it writes itself, and the pipeline that counts it.

import { compile } from "../../compiler/compile.ts";
import { type Deployment, tasksOf } from "../../plan/deployment.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  bucketStream,
  CONTENT_RECORDS,
  HEADER,
  type PipelineAddress,
  producerName,
  topicSubject,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import type { NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { NatsDeploymentStore } from "../../runtime/adapters/nats/deployment-store.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { ensureStreams } from "../../runtime/adapters/nats/streams.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { decodeRecords, encodeRecord } from "../../runtime/eval/codec.ts";
import { Instant } from "../../runtime/eval/values.ts";
import type { LogAppend } from "../../runtime/ports.ts";
import { runStageTask, type TaskEnd, type TaskReport } from "../../runtime/task/stage-task.ts";
import { WatchedLog } from "./watched-log.ts";

const TENANT = "local";
const FEEDER: PipelineAddress = { bucket: 0, tenant: TENANT, pipeline: "feeder" };
const STREAM = bucketStream(0);
const KEYS_TOPIC = "bench.keys";
const COUNTS_TOPIC = "bench.counts";
const PROGRAM = `pipeline counting {
  options { partitions: 1 }
  from topic('${KEYS_TOPIC}') start at first
  |> window tumbling(size: 1h)
  |> reduce by key { n: count(), sum: sum(value) }
  |> to topic('${COUNTS_TOPIC}')
}`;
const T0_MS = Date.UTC(2026, 6, 4, 12);
const BATCH_RECORDS = 500;
const FROM = producerName(1, "s0", 0, 1);

/** Both tasks of the pipeline, running here. */
export type Running = {
  /** Of the reduce, the last. */
  report(): TaskReport;
  /** Resolves when the reduce says so. */
  until(is: (report: TaskReport) => boolean): Promise<void>;
  /** Resolves when the reduce has its state back. */
  ready(): Promise<void>;
  stop(): Promise<void>;
};

export class World {
  readonly log: WatchedLog;
  readonly #nats: NatsLog;
  readonly #deployment: Deployment;

  static async open(connection: NatsConnection): Promise<World> {
    await ensureStreams(connection, { buckets: 1, partitions: 1 });
    const log = new NatsLog(connection);
    const store = await NatsDeploymentStore.open(connection);
    await store.claimTopic(TENANT, KEYS_TOPIC, { owner: FEEDER, partitions: 1 });
    const [plan] = compile({ file: "bench.fpl", text: PROGRAM }).plans;
    if (plan === undefined) throw new Error("the program does not compile");
    const fixed = { tenant: TENANT, buckets: 1, firehosePartitions: 1, nowMs: Date.now() };
    await deployPlan(plan, PROGRAM, { store, log, ...fixed, defaultStart: "first" });
    const stored = await store.get(TENANT, plan.pipeline);
    if (stored === null) throw new Error("the pipeline is not deployed");
    return new World(log, stored.deployment);
  }

  private constructor(log: NatsLog, deployment: Deployment) {
    this.#nats = log;
    this.log = new WatchedLog(log);
    this.#deployment = deployment;
  }

  start(): Running {
    const stop = new AbortController();
    const ready = this.log.nextReader();
    const tasks = tasksOf(this.#deployment);
    const reduce = tasks.at(-1);
    let last: TaskReport | null = null;
    let wake: () => void = () => undefined;
    const ended: Promise<TaskEnd>[] = tasks.map((task) => {
      const report = (one: TaskReport): void => {
        if (task !== reduce) return;
        last = one;
        wake();
      };
      const ports = { log: this.log, clock: systemClock, report };
      return runStageTask(this.#deployment, task, ports, stop.signal);
    });
    const failed = Promise.all(ended).then(() => undefined);
    return {
      report: () => {
        if (last === null) throw new Error("the reduce has not said anything");
        return last;
      },
      until: async (is) => {
        while (last === null || !is(last)) {
          const changed = new Promise<void>((resolve) => {
            wake = resolve;
          });
          await Promise.race([changed, failed]);
        }
      },
      ready: () => Promise.race([ready, failed]),
      stop: async () => {
        stop.abort();
        await failed;
      },
    };
  }

  /** Writes a record for each key, in an order that scatters them. */
  async feed(keys: number): Promise<void> {
    for (let from = 0; from < keys; from += BATCH_RECORDS) {
      const items: Uint8Array[] = [];
      for (let i = from; i < Math.min(from + BATCH_RECORDS, keys); i += 1) {
        items.push(
          encodeRecord({ key: keyOf(i), value: i, time: new Instant(T0_MS + (i % 1000)) }),
        );
      }
      await this.#write([
        {
          subject: topicSubject(FEEDER, KEYS_TOPIC, 0),
          headers: new Map([
            [HEADER.from, FROM],
            [HEADER.contentType, CONTENT_RECORDS],
          ]),
          payload: Buffer.concat(items),
        },
      ]);
    }
  }

  /** Closes the window. */
  async end(): Promise<void> {
    const headers = new Map([
      [HEADER.from, FROM],
      [HEADER.watermark, String(END_OF_TIME_MS)],
    ]);
    const subject = topicWatermarkSubject(FEEDER, KEYS_TOPIC, 0);
    await this.#write([{ subject, headers, payload: new Uint8Array() }]);
  }

  async untilClosed(): Promise<void> {
    const over = new AbortController();
    const subject = topicWatermarkSubject(this.#deployment.address, COUNTS_TOPIC, 0);
    for await (const batch of this.#nats.read(STREAM, [subject], 1, over.signal)) {
      const marks = batch.map(({ headers }) => Number(headers.get(HEADER.watermark)));
      if (marks.some((ms) => ms >= END_OF_TIME_MS)) break;
    }
    over.abort();
  }

  /** @throws when a result is missing, doubled or wrong */
  async check(keys: number): Promise<void> {
    const left = new Map(Array.from({ length: keys }, (_, i) => [keyOf(i), i]));
    const subject = topicSubject(this.#deployment.address, COUNTS_TOPIC, 0);
    for await (const { payload } of this.#nats.readAll(STREAM, [subject])) {
      for (const { key, n, sum } of decodeRecords(payload) as Record<string, unknown>[]) {
        const want = left.get(String(key));
        if (want !== sum || n !== 1)
          throw new Error(`${String(key)}: ${String(n)}, ${String(sum)}`);
        left.delete(String(key));
      }
    }
    if (left.size > 0) throw new Error(`${left.size} results are missing`);
  }

  async #write(messages: readonly LogAppend[]): Promise<void> {
    const never = new AbortController().signal;
    const { kind } = await this.#nats.commit(STREAM, messages, never);
    if (kind === "fenced") throw new Error("invariant broken: nothing was expected");
  }
}

function keyOf(i: number): string {
  return `at://did:plc:${String(i).padStart(24, "a")}/app.bsky.feed.post/3l${i}`;
}
