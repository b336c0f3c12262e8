// The bytes of a file, or of standard input, decompressed by what they begin with.

import { createReadStream } from "node:fs";
import { gzipBytes } from "./gzip-bytes.ts";
import { SourceError } from "./source.ts";
import { zstdBytes } from "./zstd-bytes.ts";
import { startsAsZstd } from "./zstd-frames.ts";

/** Bytes that tell how something is compressed, and what it is. */
const HEAD_BYTES = 64;
const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8]);

/**
 * @throws SourceError `source_missing` when it cannot be opened, `source_truncated` when compressed data
 * end early, `source_corrupt` when they are damaged or not what the ending says.
 */
export function fileBytes(path: string): AsyncGenerator<Buffer> {
  return plainBytes(rawBytes(path), path);
}

/**
 * @param chunks may be compressed
 * @param name as of a file: its ending counts where the bytes themselves do not tell
 */
export async function* plainBytes(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer> {
  const { head, all } = await peek(chunks);
  if (startsAsZstd(head)) yield* zstdBytes(all, name);
  else if (startsAsGzip(head, name)) yield* gzipBytes(all, name);
  else if (name.endsWith(".zst")) yield* zstdBytes(all, name);
  else if (name.endsWith(".gz")) yield* gzipBytes(all, name);
  else yield* all;
}

/** A plain recording may begin as gzip does: with a frame of 559 903 bytes. */
function startsAsGzip(head: Buffer, name: string): boolean {
  return !name.endsWith(".frames") && head.subarray(0, GZIP_HEAD.length).equals(GZIP_HEAD);
}

/** The first bytes, as many as tell what it is; what is behind them is not read. */
export async function headOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= HEAD_BYTES) break;
  }
  return head;
}

/** The first bytes, as many as tell what it is, and all of them again. */
export async function peek(
  chunks: AsyncIterable<Buffer>,
): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let failure: { readonly error: unknown } | null = null;
  let isOver = false;
  while (head.length < HEAD_BYTES && !isOver) {
    try {
      const next = await iterator.next();
      if (next.done === true) isOver = true;
      else head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    } catch (error) {
      failure = { error };
      isOver = true;
    }
  }
  async function* all(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      if (failure !== null) throw failure.error;
      for (let next = isOver ? null : await iterator.next(); next?.done === false; ) {
        yield next.value;
        next = await iterator.next();
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head, all: all() };
}

async function* rawBytes(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer; // no encoding: buffers
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SourceError("source_missing", `cannot read ${path}: ${why}`, error);
  }
}
