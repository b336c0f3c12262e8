// The message ids that the FIREHOSE stream has stored since a time, kept up to date: for who repeats what
// the server no longer remembers. Only headers are read.

import { FIREHOSE_STREAM, FIREHOSE_SUBJECTS, HEADER } from "../../../plan/names.ts";
import { IdSet } from "../../id-set.ts";
import { LogUnavailable } from "../../ports.ts";
import { errorMessage } from "../nats-server/error-message.ts";
import type { NatsLog } from "./nats-log.ts";
import { pause } from "./retry.ts";

/** About 128 MB, the events of six hours. What is stored behind them is not recognised. */
export const IDS_MAX_DEFAULT = 8_000_000;
const RETRY_MS = 1000;

export type StoredIdsOptions = {
  readonly idsMax?: number;
  /** Gets a line when the ids are too many, or can no longer be followed. */
  readonly report: (line: string) => void;
};

export class NatsStoredIds implements AsyncDisposable {
  readonly #log: NatsLog;
  readonly #idsMax: number;
  readonly #report: (line: string) => void;
  #ids = new IdSet();
  #following = new AbortController();

  constructor(log: NatsLog, options: StoredIdsOptions) {
    this.#log = log;
    this.#idsMax = options.idsMax ?? IDS_MAX_DEFAULT;
    this.#report = options.report;
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

  has(msgId: string): boolean {
    return this.#ids.has(msgId);
  }

  stop(): void {
    this.#following.abort();
    this.#ids = new IdSet();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }

  /** What is stored since then; null when the signal aborted first. */
  async #rangeSince(sinceMs: number, signal: AbortSignal): Promise<Range | null> {
    while (!signal.aborted) {
      try {
        const first = await this.#log.seqAtTime(FIREHOSE_STREAM, sinceMs);
        return { first, last: await this.#log.lastSeq(FIREHOSE_STREAM) };
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        await pause(RETRY_MS, signal);
      }
    }
    return null;
  }

  async #read(range: Range, onKnown: () => void, signal: AbortSignal): Promise<void> {
    const ids = this.#ids;
    const log = this.#log;
    let full = false;
    for await (const batch of log.readHeaders(
      FIREHOSE_STREAM,
      [FIREHOSE_SUBJECTS],
      range.first,
      signal,
    )) {
      for (const { headers } of batch) if (!full) ids.add(headers.get(HEADER.msgId) ?? "");
      if (!full && ids.size >= this.#idsMax) {
        full = true;
        this.#report(
          `more than ${this.#idsMax} ids to be known: what is repeated may be stored again`,
        );
      }
      if ((batch.at(-1)?.seq ?? 0) >= range.last) onKnown();
    }
  }
}

type Range = { readonly first: number; readonly last: number };
