// The message ids that the shuffler's streams have stored since a time, kept up to date, or all of them, read
// again when asked: for who repeats what the server no longer remembers. Only headers are read, unless somebody wants
// to see the events as well.

import {
  FIREHOSE_STREAM,
  FIREHOSE_SUBJECTS,
  HEADER,
  REJECTED_STREAM,
  REJECTED_SUBJECTS,
} from "../../../plan/names.ts";
import { IdSet } from "../../id-set.ts";
import { type LogMessage, LogUnavailable } from "../../ports.ts";
import { errorMessage } from "../nats-server/error-message.ts";
import type { NatsLog } from "./nats-log.ts";
import { pause } from "./retry.ts";

/** About 128 MB, the events of six hours. What is stored behind them is not recognised. */
export const IDS_MAX_DEFAULT = 8_000_000;
const RETRY_MS = 1000;
/** Ids read between two words on how far it is. */
const PROGRESS_IDS = 10_000;

/** What was refused is few, and its stream small: it is read whole or not at all. */
const STREAMS = [
  { stream: FIREHOSE_STREAM, subjects: [FIREHOSE_SUBJECTS] },
  { stream: REJECTED_STREAM, subjects: [REJECTED_SUBJECTS] },
] as const;

export type StoredIdsOptions = {
  readonly idsMax?: number;
  /** Gets a line when the ids are too many, or can no longer be followed. */
  readonly report: (line: string) => void;
  /** Told now and then: ids read, of about so many that are stored. */
  readonly onProgress?: (read: number, of: number) => void;
  /** Gets each message of the firehose that is read, in the order in which they are stored. */
  readonly onEvent?: (message: LogMessage) => void;
};

export class NatsStoredIds implements AsyncDisposable {
  readonly #log: NatsLog;
  readonly #idsMax: number;
  readonly #report: (line: string) => void;
  readonly #onProgress: (read: number, of: number) => void;
  readonly #onEvent: ((message: LogMessage) => void) | null;
  #ids = new IdSet();
  /** Whether there were more than may be known. */
  #isFull = false;
  /** Where `catchUp` goes on, by stream. */
  readonly #next = new Map<string, number>();
  #following = new AbortController();

  constructor(log: NatsLog, options: StoredIdsOptions) {
    this.#log = log;
    this.#idsMax = options.idsMax ?? IDS_MAX_DEFAULT;
    this.#report = options.report;
    this.#onProgress = options.onProgress ?? (() => {});
    this.#onEvent = options.onEvent ?? null;
  }

  get size(): number {
    return this.#ids.size;
  }

  /**
   * Learns the ids of everything stored since then, and of all that comes. Resolves once what is stored by
   * now is known, however long the log is away; or when `signal` aborts.
   */
  async follow(sinceMs: number, signal: AbortSignal): Promise<void> {
    this.stop();
    this.#following = new AbortController();
    const either = AbortSignal.any([signal, this.#following.signal]);
    const range = await this.#rangeSince(sinceMs, either);
    if (range === null) return;
    const known = Promise.withResolvers<void>();
    if (range.first > range.last) known.resolve();
    either.addEventListener("abort", () => known.resolve(), { once: true });
    this.#read(range, known.resolve, either).catch((error: unknown) => {
      this.#report(`stored ids can no longer be followed: ${errorMessage(error)}`);
      known.reject(error);
    });
    await known.promise;
  }

  /**
   * Learns the ids of everything stored by now that it has not read before, of the newest `idsMax` at most.
   * Resolves then, however long the log is away; or when `signal` aborts.
   */
  async catchUp(signal: AbortSignal): Promise<void> {
    for (const { stream, subjects } of STREAMS) {
      await this.#patiently(signal, () => this.#catchUpOn(stream, subjects, signal));
    }
  }

  has(msgId: string): boolean {
    return this.#ids.has(msgId);
  }

  stop(): void {
    this.#following.abort();
    this.#ids = new IdSet();
    this.#isFull = false;
    this.#next.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }

  /** What is stored since then; null when the signal aborted first. */
  async #rangeSince(sinceMs: number, signal: AbortSignal): Promise<Range | null> {
    return await this.#patiently(signal, async () => {
      const first = await this.#log.seqAtTime(FIREHOSE_STREAM, sinceMs);
      return { first, last: await this.#log.lastSeq(FIREHOSE_STREAM) };
    });
  }

  async #patiently<T>(signal: AbortSignal, request: () => Promise<T>): Promise<T | null> {
    while (!signal.aborted) {
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        await pause(RETRY_MS, signal);
      }
    }
    return null;
  }

  async #catchUpOn(stream: string, subjects: readonly string[], signal: AbortSignal) {
    const last = await this.#log.lastSeq(stream);
    const next = this.#next.get(stream) ?? (await this.#log.firstSeq(stream));
    const first = Math.max(next, last - this.#idsMax + 1);
    if (first > next) this.#tellFull();
    if (first > last) return;
    const onEvent = stream === FIREHOSE_STREAM ? this.#onEvent : null;
    const messages =
      onEvent === null
        ? this.#log.readHeadersNow(stream, subjects, first, signal)
        : this.#log.readFromNow(stream, subjects, first, signal);
    let read = 0;
    for await (const message of messages) {
      this.#add(message);
      onEvent?.(message);
      this.#next.set(stream, message.seq + 1);
      read += 1;
      if (read % PROGRESS_IDS === 0) this.#onProgress(read, last - first + 1);
    }
  }

  async #read(range: Range, onKnown: () => void, signal: AbortSignal): Promise<void> {
    const { first, last } = range;
    const subjects = [FIREHOSE_SUBJECTS];
    const batches =
      this.#onEvent === null
        ? this.#log.readHeaders(FIREHOSE_STREAM, subjects, first, signal)
        : this.#log.read(FIREHOSE_STREAM, subjects, first, signal);
    let told = first;
    for await (const batch of batches) {
      if (signal.aborted) return; // What follows is another set of ids.
      for (const message of batch) {
        this.#add(message);
        this.#onEvent?.(message);
      }
      const seq = batch.at(-1)?.seq ?? 0;
      if (seq >= last) onKnown();
      else if (seq - told >= PROGRESS_IDS) {
        told = seq;
        this.#onProgress(seq - first + 1, last - first + 1);
      }
    }
  }

  #add({ headers }: LogMessage): void {
    if (this.#ids.size < this.#idsMax) this.#ids.add(headers.get(HEADER.msgId) ?? "");
    else this.#tellFull();
  }

  #tellFull(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#report(`more than ${this.#idsMax} ids to be known: what is repeated may be stored again`);
  }
}

type Range = { readonly first: number; readonly last: number };
