// Reads all inputs of a task at once and hands them over one batch at a time: each input is read ahead
// by one batch, so a slow task stops its readers (the log's iterator stops asking the server).

import type { Clock, Log, LogMessage } from "../ports.ts";
import type { TaskSource } from "./sources.ts";

/** Messages of one input, in order. */
export type InputBatch = { readonly input: number; readonly messages: LogMessage[] };

export class InputQueue implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #readers: AsyncIterator<readonly LogMessage[]>[];
  /** The read of each input that is under way, or done and not handed over yet. */
  readonly #reads: (Promise<InputBatch> | null)[];

  /** @param inSeqs last processed sequence of each input. */
  constructor(log: Log, sources: readonly TaskSource[], inSeqs: readonly number[]) {
    this.#readers = sources.map(({ stream, subjects }, input) =>
      log
        .read(stream, subjects, (inSeqs[input] ?? 0) + 1, this.#abort.signal)
        [Symbol.asyncIterator](),
    );
    this.#reads = sources.map(() => null);
  }

  /** The next batch of whichever input has one; null after `waitMs` or when the signal aborts. */
  async next(waitMs: number, clock: Clock, signal: AbortSignal): Promise<InputBatch | null> {
    const wait = new AbortController();
    const either = AbortSignal.any([wait.signal, signal]);
    const reads = this.#readers.map((_, input) => this.#read(input));
    try {
      const batch = await Promise.race([...reads, timeout(waitMs, clock, either)]);
      if (batch !== null) this.#reads[batch.input] = null;
      return batch;
    } finally {
      wait.abort();
    }
  }

  /** Ends all readers. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    const open = this.#reads.filter((read) => read !== null);
    await Promise.allSettled(open);
    await Promise.allSettled(this.#readers.map(async (reader) => reader.return?.()));
  }

  #read(input: number): Promise<InputBatch> {
    this.#reads[input] ??= this.#fetch(input);
    return this.#reads[input];
  }

  async #fetch(input: number): Promise<InputBatch> {
    const result = await this.#readers[input]?.next();
    if (result === undefined || result.done === true) return await never(this.#abort.signal);
    return { input, messages: [...result.value] };
  }
}

async function timeout(waitMs: number, clock: Clock, signal: AbortSignal): Promise<null> {
  if (waitMs <= 0) return null;
  if (Number.isFinite(waitMs)) await clock.sleep(waitMs, signal);
  else await aborted(signal);
  return null;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A reader that has ended has nothing more, ever; it must not win the race. */
async function never(signal: AbortSignal): Promise<InputBatch> {
  await aborted(signal);
  throw new Error("the reader has ended");
}
