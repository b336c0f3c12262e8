// The memory log as a bad day makes it, from a seed: answers lost, requests lost, everything late, batches of
// any size. And, on purpose, ways of being wrong that a test of exactly-once has to notice.

import { setImmediate } from "node:timers/promises";
import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { HEADER } from "../../plan/names.ts";
import { decodeRows, encodeRow } from "../eval/codec.ts";
import { MalformedPayload } from "../eval/eval-error.ts";
import {
  type CommitResult,
  type Log,
  type LogAppend,
  type LogMessage,
  LogUnavailable,
} from "../ports.ts";
import type { MemoryLog } from "./memory-log.ts";
import type { Random } from "./random.ts";

/**
 * `unfenced`: expectations are ignored. `split-commit`: the checkpoint goes in a commit of its own. `told`: lateness
 * over topics goes by the watermark told before, not by what is carried. `by-known`: order goes by when rows were
 * known, not by what they have seen.
 */
export const BROKEN = ["unfenced", "split-commit", "told", "by-known"] as const;
export type Broken = (typeof BROKEN)[number];

/** Probabilities, each of one request. */
const LOST = 0.05;
const COMMIT_LOST_BEFORE = 0.08;
const COMMIT_LOST_AFTER = 0.08;
const READ_LOST = 0.02;
const LATE = 0.15;
/** Turns of the event loop that a late one waits: enough for another owner to go on. */
const LATE_TURNS_MAX = 60;
const BATCH_MAX = 20;

export class UnreliableLog implements Log {
  readonly #log: MemoryLog;
  readonly #random: Random;
  readonly #broken: Broken | null;
  /** From now on everything works, so that what is left can end. */
  calm = false;

  constructor(log: MemoryLog, random: Random, broken: Broken | null) {
    this.#log = log;
    this.#random = random;
    this.#broken = broken;
    log.batchSize = () => 1 + random.int(BATCH_MAX);
  }

  get messageBytesMax(): number {
    return this.#log.messageBytesMax;
  }

  async *read(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogMessage[]> {
    for await (const batch of this.#log.read(stream, subjects, fromSeq, signal)) {
      await this.#mayFail(READ_LOST, "the reader broke");
      yield batch;
    }
  }

  async last(stream: string, subject: string): Promise<LogMessage | null> {
    await this.#mayFail(LOST, "a question lost");
    return await this.#log.last(stream, subject);
  }

  async *readAll(stream: string, subjects: readonly string[]): AsyncIterable<LogMessage> {
    await this.#mayFail(LOST, "a question lost");
    yield* this.#log.readAll(stream, subjects);
  }

  async firstSeq(stream: string): Promise<number> {
    await this.#mayFail(LOST, "a question lost");
    return await this.#log.firstSeq(stream);
  }

  async lastSeq(stream: string): Promise<number> {
    return await this.#log.lastSeq(stream);
  }

  async seqAtTime(): Promise<number> {
    return await this.#log.seqAtTime();
  }

  async commit(stream: string, messages: readonly LogAppend[]): Promise<CommitResult> {
    switch (this.#broken) {
      case null:
        return await this.#commit(stream, messages);
      case "unfenced":
        return await this.#commit(stream, messages.map(withoutExpectation));
      case "split-commit": {
        const fenced = messages.filter((one) => one.expectedLastSeq !== undefined);
        const others = messages.filter((one) => one.expectedLastSeq === undefined);
        if (others.length > 0) await this.#commit(stream, others);
        return await this.#commit(stream, fenced);
      }
      case "told":
        return await this.#commit(stream, messages.map(withoutOrder));
      case "by-known":
        return await this.#commit(stream, messages.map(orderedByKnown));
    }
  }

  async purge(stream: string, subject: string, throughSeq: number): Promise<void> {
    await this.#mayFail(LOST, "a purge lost");
    await this.#log.purge(stream, subject, throughSeq);
  }

  async #commit(stream: string, messages: readonly LogAppend[]): Promise<CommitResult> {
    await this.#mayFail(COMMIT_LOST_BEFORE, "a commit lost");
    const result = await this.#log.commit(stream, messages);
    await this.#mayFail(COMMIT_LOST_AFTER, "an answer lost");
    return result;
  }

  async #mayFail(probability: number, message: string): Promise<void> {
    if (this.calm) return;
    if (this.#random.chance(LATE)) {
      for (let turns = this.#random.int(LATE_TURNS_MAX); turns > 0; turns -= 1)
        await setImmediate();
    }
    if (this.#random.chance(probability)) throw new LogUnavailable(message);
  }
}

function withoutExpectation({ subject, headers, payload }: LogAppend): LogAppend {
  return { subject, headers, payload };
}

function withoutOrder(message: LogAppend): LogAppend {
  const headers = new Map(message.headers);
  headers.delete(HEADER.order);
  return { ...message, headers };
}

/** Rows that were summed up stay as they are. */
function orderedByKnown(message: LogAppend): LogAppend {
  if (!message.subject.includes(".x.") || message.payload.length === 0) return message;
  try {
    const rows = decodeRows(message.payload).map((row) => {
      const seenMs = Math.max(row.timeMs, row.order.seenMs - WATERMARK_DELAY_MS);
      return encodeRow({ ...row, order: { ...row.order, seenMs } });
    });
    return { ...message, payload: Buffer.concat(rows) };
  } catch (error) {
    if (error instanceof MalformedPayload) return message;
    throw error;
  }
}
