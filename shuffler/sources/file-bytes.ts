// The bytes of a file, decompressed by its ending, with backpressure. What a truncated file still holds
// is delivered before the error.

import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { SourceError } from "./source.ts";

/**
 * @throws SourceError `source_missing` when it cannot be opened, `source_truncated` when compressed data
 * end early, `source_corrupt` when they are not what the ending says.
 */
export async function* fileBytes(path: string): AsyncGenerator<Buffer> {
  const decompressor = decompressorFor(path);
  if (decompressor === null) yield* rawBytes(path);
  else yield* decompressed(path, decompressor);
}

function decompressorFor(path: string): Transform | null {
  if (path.endsWith(".zst")) return createZstdDecompress();
  return path.endsWith(".gz") ? createGunzip() : null;
}

async function* rawBytes(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer; // no encoding: buffers
  } catch (error) {
    throw new SourceError("source_missing", `cannot read ${path}: ${messageOf(error)}`, error);
  }
}

/**
 * Feeds the decompressor chunk by chunk and empties it after each, so that when it finds the data cut
 * off nothing decompressed is left in its buffers (an errored stream drops them).
 */
async function* decompressed(path: string, decompressor: Transform): AsyncGenerator<Buffer> {
  // Every step listens for itself; between steps an error without a listener would end the process.
  decompressor.on("error", () => {});
  try {
    for await (const chunk of rawBytes(path)) {
      yield* drive(decompressor, (done) => decompressor.write(chunk, done));
    }
    yield* drive(decompressor, (done) => decompressor.end(done));
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw decompressError(path, error);
  } finally {
    decompressor.destroy();
  }
}

/** Starts one step of the stream and yields what it gives out until it is done. */
async function* drive(
  stream: Transform,
  start: (done: (error?: Error | null) => void) => void,
): AsyncGenerator<Buffer> {
  const step = startStep(stream, start);
  while (!step.isOver()) {
    yield* buffered(stream);
    if (step.isOver()) break;
    const stop = new AbortController();
    const readable = once(stream, "readable", { signal: stop.signal }).catch(() => {});
    await Promise.race([readable, step.over]);
    stop.abort();
  }
  yield* buffered(stream);
  step.assertSucceeded();
}

type Step = {
  readonly isOver: () => boolean;
  /** Resolves, and never rejects, when the step is over. */
  readonly over: Promise<void>;
  /** @throws what the stream failed with. */
  readonly assertSucceeded: () => void;
};

/** A stream that fails inside a write does not call back: it only says `error`. */
function startStep(stream: Transform, start: (done: (error?: Error | null) => void) => void): Step {
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
  start(finish);
  return {
    isOver: () => isOver,
    over: promise,
    assertSucceeded: () => {
      if (failure !== null) throw failure;
    },
  };
}

function* buffered(stream: Transform): Generator<Buffer> {
  for (;;) {
    const chunk: Buffer | null = stream.read();
    if (chunk === null) return;
    yield chunk;
  }
}

function decompressError(path: string, error: unknown): SourceError {
  const text = messageOf(error);
  if (/unexpected end|incomplete/i.test(text)) {
    return new SourceError("source_truncated", `${path} ends inside its compressed data`, error);
  }
  return new SourceError("source_corrupt", `${path} does not decompress: ${text}`, error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
