// What the FIREHOSE stream holds, held against what it should: every event once.

import { DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { FIREHOSE_STREAM, HEADER } from "../../plan/names.ts";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { isWatermarkId } from "./feed.ts";

export type StoredReport = {
  readonly expected: number;
  readonly stored: number;
  readonly missing: number;
  readonly doubled: number;
  readonly unexpected: number;
  /** Events of an account that stand in another order than they were made in. */
  readonly outOfOrder: number;
  /** Longest time between two stored messages, by the server's clock. */
  readonly longestStallMs: number;
};

const NANOSECONDS_PER_MS = 1_000_000;

/** Reads all of the stream. `ids` in the order they were made in. */
export async function checkStored(url: string, ids: ReadonlySet<string>): Promise<StoredReport> {
  const connection = await connectNats({ url, name: "outage check" });
  try {
    const jsm = await jetstreamManager(connection);
    const { messages: total } = (await jsm.streams.info(FIREHOSE_STREAM)).state;
    const consumer = await jetstream(connection).consumers.get(FIREHOSE_STREAM, {
      deliver_policy: DeliverPolicy.All,
      headers_only: true,
    });
    const counts = new Map<string, number>();
    const order = new Map([...ids].map((id, i) => [id, i]));
    const lastOf = new Map<string, number>();
    let [read, outOfOrder, lastMs, longestStallMs] = [0, 0, 0, 0];
    if (total > 0) {
      for await (const message of await consumer.consume()) {
        const timeMs = message.info.timestampNanos / NANOSECONDS_PER_MS;
        if (lastMs > 0) longestStallMs = Math.max(longestStallMs, timeMs - lastMs);
        lastMs = timeMs;
        const id = message.headers?.get(HEADER.msgId) ?? "";
        if (!isWatermarkId(id)) {
          counts.set(id, (counts.get(id) ?? 0) + 1);
          const partition = message.subject.split(".")[2] ?? "";
          const at = order.get(id) ?? 0;
          if (at < (lastOf.get(partition) ?? 0)) outOfOrder += 1;
          lastOf.set(partition, at);
        }
        read += 1;
        if (read === total) break;
      }
    }
    return { ...compared(counts, ids), outOfOrder, longestStallMs: Math.round(longestStallMs) };
  } finally {
    await connection.close();
  }
}

function compared(counts: ReadonlyMap<string, number>, ids: ReadonlySet<string>) {
  const missing = [...ids].filter((id) => !counts.has(id)).length;
  const doubled = [...counts.values()].filter((count) => count > 1).length;
  const unexpected = [...counts.keys()].filter((id) => !ids.has(id)).length;
  const stored = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { expected: ids.size, stored, missing, doubled, unexpected };
}
