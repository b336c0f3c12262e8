import { describe, expect, it } from "vitest";
import { END_OF_TIME_MS } from "../plan/event.ts";
import { commitSubject, HEADER, watermarkSubject } from "../plan/names.ts";
import { partitionOf } from "../plan/partition.ts";
import { encodeRecord } from "./eval/codec.ts";
import type { Value } from "./eval/values.ts";
import { TooManyPartitions } from "./partition-check.ts";
import { eachRecord, type FirehoseMessage, PlanDriver } from "./plan-driver.ts";
import {
  countOf,
  expectedCounts,
  type Like,
  SIMULATED_PARTITIONS,
  simulatedLikes,
  simulatedPlan,
} from "./task/simulation.test-support.ts";
import { seededRandom } from "./testing/random.ts";

function likeMessage(like: Like): FirehoseMessage {
  const { did, seq, timeMs, subject } = like;
  const collection = "app.bsky.feed.like";
  const event = { did, seq, time: timeMs, kind: "commit", op: "create", collection };
  return {
    subject: commitSubject(partitionOf(did, SIMULATED_PARTITIONS), "create", collection),
    headers: new Map(),
    payload: encodeRecord({ ...event, rkey: "r", rev: "r", record: { subject } }),
  };
}

function watermarks(ms: number): FirehoseMessage[] {
  return Array.from({ length: SIMULATED_PARTITIONS }, (_, partition) => ({
    subject: watermarkSubject(partition),
    headers: new Map([[HEADER.watermark, String(ms)]]),
    payload: new Uint8Array(),
  }));
}

function drive(messages: readonly FirehoseMessage[]) {
  const records: [string, Value][] = [];
  const driver = new PlanDriver(
    [simulatedPlan],
    SIMULATED_PARTITIONS,
    eachRecord((topic, record) => {
      records.push([topic, record]);
    }),
  );
  for (const message of messages) driver.push(message);
  driver.flush();
  return { records, counters: driver.counters() };
}

describe("PlanDriver", () => {
  it("gives what a plain loop gives", () => {
    const likes = simulatedLikes(seededRandom(1), 1000);
    const { records } = drive([...likes.map(likeMessage), ...watermarks(END_OF_TIME_MS)]);
    expect(records.map(([, record]) => countOf(record)).sort()).toEqual(
      expectedCounts(likes).sort(),
    );
  });

  it("refuses a stage with more partitions than the firehose, which would wait for ever", () => {
    const [first, ...rest] = simulatedPlan.stages;
    if (first === undefined) throw new Error("no stage");
    const wide = { ...simulatedPlan, stages: [{ ...first, partitions: 5 }, ...rest] };
    const drivenBy = (partitions: number) => () =>
      new PlanDriver([wide], partitions, () => undefined);
    expect(drivenBy(5)).not.toThrow();
    expect(drivenBy(4)).toThrow(TooManyPartitions);
  });

  it("keeps a window open until the watermark of every partition has passed it", () => {
    const likes = simulatedLikes(seededRandom(2), 1);
    const messages = likes.map(likeMessage);
    const almost = watermarks(END_OF_TIME_MS).slice(1);
    expect(drive([...messages, ...almost]).records).toEqual([]);
    expect(drive([...messages, ...watermarks(END_OF_TIME_MS)]).records.length).toBeGreaterThan(0);
  });

  it("counts a record late when the watermark of its own partition has closed its windows", () => {
    const [like] = simulatedLikes(seededRandom(3), 1);
    if (like === undefined) throw new Error("no like");
    const { records, counters } = drive([...watermarks(END_OF_TIME_MS), likeMessage(like)]);
    expect(records).toEqual([]);
    expect(counters.reduce((sum, stage) => sum + stage.late, 0)).toBe(1);
  });

  it("lets no event from the future move the watermark when the shuffler mistrusts its time", () => {
    const likes = simulatedLikes(seededRandom(5), 40);
    const [first, ...rest] = likes.map(likeMessage);
    const [like] = likes;
    if (first === undefined || like === undefined) throw new Error("no like");
    const future = likeMessage({ ...like, timeMs: like.timeMs + 10 * 365 * 86_400_000 });
    const headers = new Map([[HEADER.untrustedTime, "1"]]);
    const late = (messages: readonly FirehoseMessage[]) =>
      drive(messages).counters.reduce((sum, stage) => sum + stage.late, 0);
    expect(late([first, future, ...rest])).toBeGreaterThan(0);
    expect(late([first, { ...future, headers }, ...rest])).toBe(0);
  });

  it("sends a message that does not decode to dead letters, and goes on", () => {
    const likes = simulatedLikes(seededRandom(4), 5);
    const [first] = likes.map(likeMessage);
    if (first === undefined) throw new Error("no like");
    const corrupt = { ...first, payload: Uint8Array.of(0xa1, 0xff) };
    const { records, counters } = drive([
      corrupt,
      ...likes.map(likeMessage),
      ...watermarks(END_OF_TIME_MS),
    ]);
    const dead = records.filter(([topic]) => topic === "dlq.sim");
    expect(dead.length).toBe(1);
    expect(counters.reduce((sum, stage) => sum + stage.deadLetters, 0)).toBe(1);
    expect(records.length - dead.length).toBe(expectedCounts(likes).length);
  });
});
