// How full the streams are, asked of the server at a scrape.

import { setTimeout as sleep } from "node:timers/promises";
import { Gauge, type Registry } from "prom-client";
import type { NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { inspectStreams, type StreamFacts } from "../../runtime/adapters/nats/inspect.ts";
import { isOurs } from "../fullness.ts";

const MS_PER_SECOND = 1000;
/** Without an answer in this time there are no values: what is old would look as if all were well. */
const ANSWER_MS_MAX = 1500;
/** The metrics of one scrape are of one answer. */
const FRESH_MS = 500;

/** Adds gauges with a label `stream`, for the streams of FPaaS. */
export function addStreamMetrics(registry: Registry, connection: NatsConnection): void {
  const recent = recentFacts(connection);
  const gauge = (name: string, help: string, read: (facts: StreamFacts) => number): void => {
    const collect = async (): Promise<void> => {
      const all = await recent();
      one.reset();
      for (const facts of all) one.set({ stream: facts.name }, read(facts));
    };
    const one = new Gauge({ name, help, labelNames: ["stream"], registers: [registry], collect });
  };
  gauge("fpaas_stream_bytes", "Bytes that a stream holds, each replica", ({ bytes }) => bytes);
  gauge(
    "fpaas_stream_bytes_max",
    "Bound of bytes of a stream; +Inf without one",
    ({ bytesMax }) => bytesMax ?? Number.POSITIVE_INFINITY,
  );
  gauge("fpaas_stream_kept_seconds", "Age of the oldest message of a stream", ({ oldestMs }) =>
    oldestMs === null ? 0 : (Date.now() - oldestMs) / MS_PER_SECOND,
  );
  gauge(
    "fpaas_stream_age_max_seconds",
    "Age at which a stream deletes messages; +Inf: never",
    ({ maxAgeMs }) => (maxAgeMs === 0 ? Number.POSITIVE_INFINITY : maxAgeMs / MS_PER_SECOND),
  );
}

function recentFacts(connection: NatsConnection): () => Promise<readonly StreamFacts[]> {
  let asked: Promise<readonly StreamFacts[]> = Promise.resolve([]);
  let askedMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - askedMs > FRESH_MS) {
      askedMs = performance.now();
      asked = askInTime(connection);
    }
    return asked;
  };
}

async function askInTime(connection: NatsConnection): Promise<readonly StreamFacts[]> {
  const asked = inspectStreams(connection).then(
    (all) => all.filter(isOurs),
    () => [],
  );
  return await Promise.race([asked, sleep(ANSWER_MS_MAX, [], { ref: false })]);
}
