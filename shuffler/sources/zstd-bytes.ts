// All frames of zstd data as one run of bytes, as `zstd -dc` gives it.

import { createZstdDecompress } from "node:zlib";
import { cutOff, damaged, Steps } from "./decompress.ts";
import { SourceError } from "./source.ts";
import { NoZstdFrame, ZstdFrames } from "./zstd-frames.ts";

/**
 * All frames of zstd data, skippable ones passed over.
 * @param name of the data, for errors
 * @throws SourceError `source_truncated`, `source_corrupt` with the place, behind all that came before it
 */
export async function* zstdBytes(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames();
  using steps = new Steps(createZstdDecompress());
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    for (const { at, bytes } of named(frames.take(chunk), name)) {
      yield* steps.write(bytes, (error) => damaged(name, at, error));
    }
  }
  if (!frames.isWhole) throw cutOff(name, read);
}

function* named<T>(pieces: Iterable<T>, name: string): Generator<T> {
  try {
    yield* pieces;
  } catch (error) {
    if (!(error instanceof NoZstdFrame)) throw error;
    if (error.at > 0) throw damaged(name, error.at, error);
    throw new SourceError("source_corrupt", `${name} is no zstd data`, error);
  }
}
