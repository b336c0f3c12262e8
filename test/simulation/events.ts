// The firehose of a simulation: made events in relay order, some late, cut into partitions and watermarks as
// the shuffler does it, and handed to the log in any interleaving of the partitions.

import { END_OF_TIME_MS } from "../../plan/event.ts";
import { commitSubject, HEADER, watermarkSubject } from "../../plan/names.ts";
import { partitionOf } from "../../plan/partition.ts";
import { encodeRecord } from "../../runtime/eval/codec.ts";
import type { FirehoseMessage } from "../../runtime/plan-driver.ts";
import type { Random } from "../../runtime/testing/random.ts";

export const PARTITIONS = 4;
export const LIKE = "app.bsky.feed.like";
export const REPOST = "app.bsky.feed.repost";
const T0 = Date.UTC(2026, 6, 4, 12);
const DELAY_MS = 1000;
const ACCOUNTS = 12;
const POSTS = 5;
const LATE_MS_MAX = 60_000;
const OPERATIONS_MAX = 4;
const LABELS_MAX = 3;
/** Longest run of one partition in an interleaving. */
const RUN_MAX = 20;

export type SimEvent = {
  readonly did: string;
  readonly seq: number;
  readonly timeMs: number;
  /** Place among the operations of its commit, which share DID, seq and time. */
  readonly operation: number;
  /** Of its own, from 1: the name of the event. */
  readonly item: number;
  readonly collection: string;
  readonly post: string;
  /** Not sorted, some of them several times. */
  readonly labels: readonly string[];
};

/** What stands in one partition, in order. */
export type Entry =
  | { readonly kind: "event"; readonly event: SimEvent }
  | { readonly kind: "watermark"; readonly watermarkMs: number };

/**
 * Relay order: times step back by up to 0.9 s, and one in ten is up to a minute late. A commit in four has several
 * operations.
 * @param hot share of the events that are all of one account and one post
 */
export function makeEvents(random: Random, count: number, hot = 0): SimEvent[] {
  const events: SimEvent[] = [];
  for (let seq = 1; events.length < count; seq += 1) {
    const isHot = random.chance(hot);
    const commit = { seq, did: isHot ? HOT.did : drawDid(random), timeMs: drawTime(random, seq) };
    const operations = random.chance(0.25) ? 2 + random.int(OPERATIONS_MAX - 1) : 1;
    for (let operation = 0; operation < operations; operation += 1) {
      events.push({
        ...commit,
        operation,
        item: events.length + 1,
        collection: random.chance(0.8) ? LIKE : REPOST,
        post: isHot ? HOT.post : drawPost(random),
        labels: Array.from({ length: random.int(LABELS_MAX + 1) }, () => drawLabel(random)),
      });
    }
  }
  return events;
}

const HOT = { did: "did:plc:0", post: "post0" };
const drawLabel = (random: Random): string => "x".repeat(1 + random.int(LABELS_MAX));
function drawTime(random: Random, seq: number): number {
  const lateMs = random.chance(0.1) ? random.int(LATE_MS_MAX) : 0;
  return T0 + seq * 700 - random.int(900) - lateMs;
}
const drawDid = (random: Random): string => `did:plc:${random.int(ACCOUNTS)}`;
const drawPost = (random: Random): string => `post${random.int(POSTS)}`;

/** Each partition's messages: its events, and a watermark whenever the relay enters a new second. */
export function partitioned(events: readonly SimEvent[]): Entry[][] {
  const partitions = Array.from({ length: PARTITIONS }, (): Entry[] => []);
  let greatestMs = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    partitions[partitionOf(event.did, PARTITIONS)]?.push({ kind: "event", event });
    const isNewSecond = Math.floor(event.timeMs / 1000) > Math.floor(greatestMs / 1000);
    greatestMs = Math.max(greatestMs, event.timeMs);
    if (!isNewSecond) continue;
    const watermark = { kind: "watermark", watermarkMs: event.timeMs - DELAY_MS } as const;
    for (const partition of partitions) partition.push(watermark);
  }
  for (const partition of partitions) {
    partition.push({ kind: "watermark", watermarkMs: END_OF_TIME_MS });
  }
  return partitions;
}

/** The messages of all partitions, each partition in its order. */
export function interleaved(partitions: readonly Entry[][], random: Random): FirehoseMessage[] {
  const queues = partitions.map((entries, partition) => ({ partition, left: [...entries] }));
  const messages: FirehoseMessage[] = [];
  for (;;) {
    const open = queues.filter(({ left }) => left.length > 0);
    const next = open[random.int(open.length)];
    if (next === undefined) return messages;
    const run = next.left.splice(0, 1 + random.int(RUN_MAX));
    messages.push(...run.map((entry) => messageOf(entry, next.partition)));
  }
}

function messageOf(entry: Entry, partition: number): FirehoseMessage {
  if (entry.kind === "watermark") {
    const headers = new Map([[HEADER.watermark, String(entry.watermarkMs)]]);
    return { subject: watermarkSubject(partition), headers, payload: new Uint8Array() };
  }
  const { did, seq, timeMs, operation, item, collection, post, labels } = entry.event;
  const event = { did, seq, time: timeMs, kind: "commit", op: "create", collection };
  return {
    subject: commitSubject(partition, "create", collection),
    headers: new Map(operation === 0 ? [] : [[HEADER.operation, String(operation)]]),
    payload: encodeRecord({
      ...event,
      rkey: `r${item}`,
      rev: "r",
      record: { subject: post, item, labels: [...labels] },
    }),
  };
}
