// Recordings: `[u32 little-endian length][raw subscribeRepos frame]` repeated, plain or zstd.

import { MESSAGE_BYTES_MAX } from "../decode/limits.ts";
import { fileBytes } from "./file-bytes.ts";
import { fileSourceName, type Source, SourceError, type SourceItem } from "./source.ts";

export const LENGTH_BYTES = 4;

/**
 * A recording as a source; positions are frame indices.
 * @param after position to go on behind; null for the start.
 * @param bytes what is in it, not compressed
 */
export function openRecording(
  path: string,
  after: number | null,
  bytes: () => AsyncIterable<Buffer> = () => fileBytes(path),
): Source {
  return {
    name: fileSourceName(path),
    live: false,
    batches: () => readBatches(path, bytes(), after === null ? 0 : after + 1),
  };
}

async function* readBatches(
  path: string,
  bytes: AsyncIterable<Buffer>,
  from: number,
): AsyncGenerator<SourceItem[]> {
  const splitter = new FrameSplitter(path);
  let position = 0;
  for await (const frames of splitter.split(bytes)) {
    const items = frames.map(
      (raw, i): SourceItem => ({ kind: "frame", position: position + i, raw }),
    );
    position += frames.length;
    const wanted = items.filter((item) => item.position >= from);
    if (wanted.length > 0) yield wanted;
  }
}

/** Cuts a run of bytes into frames, whatever the chunks. */
class FrameSplitter {
  readonly #path: string;
  #rest: Buffer = Buffer.alloc(0);
  /** Offset of `#rest` in the uncompressed recording. */
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async *split(chunks: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array[]> {
    try {
      for await (const chunk of chunks) {
        const frames = this.#take(chunk);
        if (frames.length > 0) yield frames;
      }
    } catch (error) {
      if (!(error instanceof SourceError) || error.code !== "source_truncated") throw error;
      throw new SourceError(
        "source_truncated",
        `${error.message}, in the frame ${this.#placeText}`,
        error,
      );
    }
    if (this.#rest.length > 0) {
      throw new SourceError(
        "source_truncated",
        `${this.#path} is cut off inside the frame ${this.#placeText}`,
      );
    }
  }

  #take(chunk: Buffer): Uint8Array[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = this.#lengthAt(bytes, at);
      const end = at + LENGTH_BYTES + length;
      if (end > bytes.length) break;
      frames.push(bytes.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    this.#offset += at;
    return frames;
  }

  #lengthAt(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32LE(at);
    if (length <= MESSAGE_BYTES_MAX) return length;
    throw new SourceError(
      "source_corrupt",
      `${this.#path} claims a frame of ${length} bytes at byte ${this.#offset + at}; ` +
        `the limit is ${MESSAGE_BYTES_MAX}. It is damaged there or no recording.`,
    );
  }

  get #placeText(): string {
    return `at byte ${this.#offset} of its uncompressed data; the frames before it are whole`;
  }
}
