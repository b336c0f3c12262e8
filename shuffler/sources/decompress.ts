// Drives a decompressor step by step, with backpressure. It is emptied after each step, so that what comes before a
// damaged place is delivered before the error: an errored stream drops what it holds.

import { once } from "node:events";
import type { Transform } from "node:stream";
import { SourceError } from "./source.ts";

/** A decompressor that is written to and emptied in turn. */
export class Steps implements Disposable {
  readonly #stream: Transform;

  constructor(stream: Transform) {
    this.#stream = stream;
    // Every step listens for itself; between steps an error without a listener would end the process.
    stream.on("error", () => {});
  }

  /** @yields what comes of `bytes`. @throws what `errorOf` makes of the failure */
  async *write(bytes: Buffer, errorOf: (error: unknown) => SourceError): AsyncGenerator<Buffer> {
    const step = startWrite(this.#stream, bytes);
    while (!step.isOver()) {
      yield* buffered(this.#stream);
      if (step.isOver()) break;
      const stop = new AbortController();
      const readable = once(this.#stream, "readable", { signal: stop.signal }).catch(() => {});
      await Promise.race([readable, step.over]);
      stop.abort();
    }
    yield* buffered(this.#stream);
    const failure = step.failure();
    if (failure !== null) throw errorOf(failure);
  }

  [Symbol.dispose](): void {
    this.#stream.destroy();
  }
}

type Step = {
  readonly isOver: () => boolean;
  /** Resolves, and never rejects, when the step is over. */
  readonly over: Promise<void>;
  readonly failure: () => Error | null;
};

/** A stream that fails inside a write does not call back: it only says `error`. */
function startWrite(stream: Transform, bytes: Buffer): Step {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  let failure: Error | null = null;
  const finish = (error?: Error | null): void => {
    stream.off("error", finish);
    failure ??= error ?? null;
    isOver = true;
    resolve();
  };
  stream.on("error", finish);
  stream.write(bytes, finish);
  return { isOver: () => isOver, over: promise, failure: () => failure };
}

function* buffered(stream: Transform): Generator<Buffer> {
  for (;;) {
    const chunk: Buffer | null = stream.read();
    if (chunk === null) return;
    yield chunk;
  }
}

export function cutOff(name: string, bytes: number): SourceError {
  return new SourceError(
    "source_truncated",
    `${name} is cut off: it ends at byte ${bytes}, inside its compressed data`,
  );
}

/** @param at where in the file; of damage inside compressed data, the last place that was known to be whole */
export function damaged(name: string, at: number, cause: unknown): SourceError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SourceError("source_corrupt", `${name} is damaged at byte ${at}: ${why}`, cause);
}
