// Reads all inputs of a task at once and hands them over one batch at a time: each input is read ahead
// by one batch, so a slow task stops its readers (the log's iterator stops asking the server).
//
// No promise here lives longer than one `next`: a race against the pending read of a silent input would
// keep every batch of the busy ones alive.

import type { Clock, Log, LogMessage } from "../ports.ts";
import { PartJoiner } from "./parts.ts";
import type { Gap } from "./retention.ts";
import type { TaskSource } from "./sources.ts";

/** Messages of one input, in order, and whole: what came in parts has been put together. */
export type InputBatch = {
  readonly input: number;
  readonly messages: readonly LogMessage[];
  /** Parts of messages that have lost their others; mostly none. */
  readonly gaps: readonly Gap[];
};

/** A batch that waits, and what lets its reader go on. */
type Waiting = { readonly batch: InputBatch; readonly taken: () => void };

export class InputQueue implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #waiting: Waiting[] = [];
  readonly #readers: Promise<void>[];
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  /** @param inSeqs last processed sequence of each input. */
  constructor(log: Log, sources: readonly TaskSource[], inSeqs: readonly number[]) {
    this.#readers = sources.map(({ stream, subjects, exclusive }, input) => {
      const from = (inSeqs[input] ?? 0) + 1;
      const batches = log.read(stream, subjects, from, this.#abort.signal);
      return this.#readAll(exclusive ? joined(stream, input, batches) : asTheyAre(input, batches));
    });
  }

  /**
   * The next batch of whichever input has one; null after `waitMs` or when the signal aborts.
   * @throws what a reader threw
   */
  async next(waitMs: number, clock: Clock, signal: AbortSignal): Promise<InputBatch | null> {
    if (this.#waiting.length === 0 && this.#failure === null && waitMs > 0 && !signal.aborted) {
      await this.#change(waitMs, clock, signal);
    }
    if (this.#failure !== null) throw this.#failure.error;
    const next = this.#waiting.shift();
    next?.taken();
    return next?.batch ?? null;
  }

  /** Ends all readers. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    for (const { taken } of this.#waiting) taken();
    await Promise.all(this.#readers);
  }

  /** Never rejects: what goes wrong is thrown by `next`. */
  async #readAll(batches: AsyncIterable<InputBatch>): Promise<void> {
    try {
      for await (const batch of batches) {
        if (this.#abort.signal.aborted) return;
        await this.#offer(batch);
      }
    } catch (error) {
      this.#failure ??= { error };
      this.#wake();
    }
  }

  #offer(batch: InputBatch): Promise<void> {
    return new Promise((taken) => {
      this.#waiting.push({ batch, taken });
      this.#wake();
    });
  }

  /** Resolves when a batch or a failure is there, after `waitMs`, or when the signal aborts. */
  async #change(waitMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort();
    const changed = new Promise<void>((resolve) => {
      this.#wake = resolve;
      over.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    signal.addEventListener("abort", end, { once: true });
    if (Number.isFinite(waitMs)) await Promise.race([changed, clock.sleep(waitMs, over.signal)]);
    else await changed;
    over.abort();
    signal.removeEventListener("abort", end);
  }
}

type Batches = AsyncIterable<readonly LogMessage[]>;

async function* asTheyAre(input: number, batches: Batches): AsyncIterable<InputBatch> {
  for await (const messages of batches) yield { input, messages, gaps: [] };
}

/**
 * Only an exchange has messages in parts. One is handed over at the position of its last part: until that is here the
 * task stands before the first, and goes on from there after a crash.
 */
async function* joined(stream: string, input: number, batches: Batches): AsyncIterable<InputBatch> {
  const joiner = new PartJoiner();
  for await (const batch of batches) {
    const taken = batch.map((one) => joiner.take(one));
    const messages = taken.flatMap(({ message }) => (message === null ? [] : [message]));
    const gaps = taken.flatMap(({ lost }) =>
      lost.map(({ seq }) => ({ stream, fromSeq: seq, toSeq: seq })),
    );
    if (messages.length + gaps.length > 0) yield { input, messages, gaps };
  }
}
