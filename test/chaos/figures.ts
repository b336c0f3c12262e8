// How long things stood still: read off the times at which NATS stored the records of `chaos.each`.

import { partitionOf } from "../../plan/partition.ts";
import type { Fault } from "./faults.ts";
import type { StoredRecord } from "./stored.ts";

export type Recovery = {
  readonly fault: Fault;
  /**
   * From the beginning of the fault until each partition of the firehose had an event out of the pipeline
   * that the relay sent after it.
   */
  readonly recoveredMs: number;
};

type Arrival = { readonly atMs: number; readonly seq: number };

/** The longest time between two records of one partition, and between any two. */
export function longestStalls(
  records: readonly StoredRecord[],
  partitions: number,
): { onePartitionMs: number; allMs: number } {
  const perPartition = arrivals(records, partitions).map((list) => longestGap(list));
  return {
    onePartitionMs: Math.max(...perPartition),
    allMs: longestGap(arrivals(records, 1)[0] ?? []),
  };
}

export function recoveries(
  faults: readonly Fault[],
  records: readonly StoredRecord[],
  partitions: number,
): Recovery[] {
  const lists = arrivals(records, partitions);
  return faults.map((fault) => {
    const firsts = lists.map((list) => {
      const after = list.filter(({ seq }) => seq > fault.relaySeq).map(({ atMs }) => atMs);
      return after.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    });
    return { fault, recoveredMs: Math.max(...firsts) - fault.beganAtMs };
  });
}

/** The value that the share `q` of the numbers does not exceed. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

function arrivals(records: readonly StoredRecord[], partitions: number): Arrival[][] {
  const lists = Array.from({ length: partitions }, (): Arrival[] => []);
  for (const { record, storedAtMs } of records) {
    const list = lists[partitionOf(String(record.did), partitions)];
    list?.push({ atMs: storedAtMs, seq: Number(record.seq) });
  }
  for (const list of lists) list.sort((a, b) => a.atMs - b.atMs);
  return lists;
}

function longestGap(list: readonly Arrival[]): number {
  let longest = 0;
  for (const [i, { atMs }] of list.entries()) {
    longest = Math.max(longest, atMs - (list[i - 1]?.atMs ?? atMs));
  }
  return longest;
}
