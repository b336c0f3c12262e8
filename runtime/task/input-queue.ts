// Reads all inputs of a task at once and hands them over one batch at a time: each input is read ahead
// by one batch, so a slow task stops its readers (the log's iterator stops asking the server).
//
// No promise here lives longer than one `next`: a race against the pending read of a silent input would
// keep every batch of the busy ones alive.

import type { Clock, Log, LogMessage } from "../ports.ts";
import type { TaskSource } from "./sources.ts";

/** Messages of one input, in order. */
export type InputBatch = { readonly input: number; readonly messages: readonly LogMessage[] };

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
    this.#readers = sources.map(({ stream, subjects }, input) => {
      const from = (inSeqs[input] ?? 0) + 1;
      return this.#readAll(input, log.read(stream, subjects, from, this.#abort.signal));
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
  async #readAll(input: number, batches: AsyncIterable<readonly LogMessage[]>): Promise<void> {
    try {
      for await (const messages of batches) {
        if (this.#abort.signal.aborted) return;
        await this.#offer({ input, messages });
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
