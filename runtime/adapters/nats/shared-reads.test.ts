// Tasks that read the firehose together, on a real server.

import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { commitSubject, FIREHOSE_STREAM, firehoseFilters } from "../../../plan/names.ts";
import { SharedReads } from "../../task/shared-reads.ts";
import { systemClock } from "../system-clock.ts";
import { type Bench, openBench } from "./bench.test-support.ts";

const COLLECTIONS = ["app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.graph.follow"];
const PARTITIONS = 4;
let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

/** What the n-th message of the stream stands on. */
function subjectAt(seq: number): string {
  const collection = COLLECTIONS[seq % COLLECTIONS.length] ?? "";
  return commitSubject(seq % PARTITIONS, "create", collection);
}

async function publish(fromSeq: number, toSeq: number): Promise<void> {
  for (let seq = fromSeq; seq <= toSeq; seq += 1) {
    bench.nc.publish(subjectAt(seq), Buffer.from(String(seq)));
  }
  await bench.nc.flush();
}

async function consumers(): Promise<number> {
  const jsm = await jetstreamManager(bench.nc);
  return (await jsm.streams.info(FIREHOSE_STREAM)).state.consumer_count;
}

it("has one consumer for all pipelines once the laggard has caught up, and none at the end", async () => {
  const shared = new SharedReads(bench.log, systemClock);
  await publish(1, 6000);
  const stop = new AbortController();
  const read = async (
    { collections, fromSeq }: { collections: string[]; fromSeq: number },
    seqs: number[],
  ): Promise<void> => {
    const filters = [0, 1, 2, 3].flatMap((one) =>
      firehoseFilters(one, ["commit"], [], collections),
    );
    for await (const batch of shared.read(FIREHOSE_STREAM, filters, fromSeq, stop.signal)) {
      seqs.push(
        ...batch.map(({ seq, payload }) =>
          seq === Number(Buffer.from(payload).toString()) ? seq : -seq,
        ),
      );
    }
  };
  const plans = [
    { collections: [], fromSeq: 6001 },
    { collections: ["app.bsky.feed.post"], fromSeq: 5900 },
    { collections: ["app.bsky.feed.*"], fromSeq: 1 },
  ];
  const given: number[][] = plans.map(() => []);
  const reading = plans.map((plan, i) => read(plan, given[i] ?? []));
  await expect.poll(() => given[2]?.length).toBe(4000);
  await publish(6001, 6300);
  await expect.poll(() => shared.readers).toBe(1);
  await publish(6301, 6600);
  const expected = plans.map(({ collections: [first = ""], fromSeq }) =>
    Array.from({ length: 6600 }, (_, i) => i + 1).filter(
      (seq) => seq >= fromSeq && subjectAt(seq).includes(first.replace("*", "")),
    ),
  );
  const lengths = (lists: readonly number[][]): number[] => lists.map((list) => list.length);
  await expect.poll(() => lengths(given)).toEqual(lengths(expected));
  expect(given).toEqual(expected);
  await expect.poll(consumers).toBe(1);
  stop.abort();
  await Promise.all(reading);
  await expect.poll(consumers).toBe(0);
});
