import { describe, expect, it } from "vitest";
import type { LogMessage } from "../ports.ts";
import { EagerClock } from "../testing/eager-clock.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { InputQueue } from "./input-queue.ts";
import type { TaskSource } from "./sources.ts";

const NEVER = new AbortController().signal;
const clock = new EagerClock();

function source(subject: string): TaskSource {
  return {
    stream: "S",
    subjects: [subject],
    partitions: [0],
    exclusive: false,
    toInput: () => {
      throw new Error("not asked for");
    },
  };
}

function append(log: MemoryLog, subject: string): number {
  return log.append("S", { subject, headers: new Map(), payload: new Uint8Array() });
}

const seqs = (batch: { messages: readonly LogMessage[] } | null) =>
  batch?.messages.map(({ seq }) => seq);

describe("InputQueue", () => {
  it("hands over every message of every input, each input in order, from where it is told", async () => {
    const log = new MemoryLog();
    log.batchSize = () => 2;
    for (const subject of ["a", "b", "a", "a", "b", "a"]) append(log, subject);
    await using queue = new InputQueue(log, [source("a"), source("b")], [1, 0]);
    const got: number[][] = [[], []];
    while ((got[0]?.length ?? 0) + (got[1]?.length ?? 0) < 5) {
      const batch = await queue.next(1000, clock, NEVER);
      if (batch !== null) got[batch.input]?.push(...(seqs(batch) ?? []));
    }
    expect(got).toEqual([
      [3, 4, 6],
      [2, 5],
    ]);
  });

  it("answers null when the time is up or it is told to stop, and loses nothing by it", async () => {
    const log = new MemoryLog();
    await using queue = new InputQueue(log, [source("a")], [0]);
    expect(await queue.next(5, clock, NEVER)).toBeNull();
    const stop = new AbortController();
    const waiting = queue.next(Number.POSITIVE_INFINITY, clock, stop.signal);
    stop.abort();
    expect(await waiting).toBeNull();
    append(log, "a");
    expect(seqs(await queue.next(Number.POSITIVE_INFINITY, clock, NEVER))).toEqual([1]);
  });

  it("throws what a reader threw", async () => {
    const log = new MemoryLog();
    log.read = async function* () {
      yield [];
      throw new Error("no such stream");
    };
    await using queue = new InputQueue(log, [source("a")], [0]);
    const drain = async () => {
      while ((await queue.next(1000, clock, NEVER)) !== null);
    };
    await expect(drain()).rejects.toThrow("no such stream");
  });

  it("reads one batch ahead and no more", async () => {
    const log = new MemoryLog();
    log.batchSize = () => 1;
    let read = 0;
    const inner = log.read.bind(log);
    log.read = async function* (...args) {
      for await (const batch of inner(...args)) {
        read += 1;
        yield batch;
      }
    };
    for (let i = 0; i < 10; i += 1) append(log, "a");
    await using queue = new InputQueue(log, [source("a")], [0]);
    for (let i = 0; i < 5; i += 1) await clock.sleep(1);
    expect(read).toBe(1);
    await queue.next(1000, clock, NEVER);
    for (let i = 0; i < 5; i += 1) await clock.sleep(1);
    expect(read).toBe(2);
  });
});
