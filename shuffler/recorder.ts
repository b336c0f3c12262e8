// Writes frames to a recording as they come, with a checksum behind them. Flushed about once a second, so that after a crash it is
// readable up to the last whole frame that was flushed.

import { once } from "node:events";
import type { WriteStream } from "node:fs";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { constants, createZstdCompress, type ZstdCompress } from "node:zlib";
import { MESSAGE_BYTES_MAX } from "./decode/limits.ts";
import type { Clock } from "./ports.ts";
import { LENGTH_BYTES } from "./sources/recording.ts";

/** Longest time that a frame waits in the compressor while others come. */
export const FLUSH_INTERVAL_MS = 1000;
/** Bytes of frames that wait there at most. */
export const FLUSH_BYTES = 4_000_000;

/** The recording could not be written: it exists already, or the disk failed. Use another path. */
export class RecorderError extends Error {
  readonly code = "recorder_failed";
  readonly retry = false;
}

export class Recorder implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #compressor: ZstdCompress;
  /** Resolves when everything is in the file. */
  readonly #written: Promise<void>;
  #flushedAtMs: number;
  #waitingBytes = 0;
  /** Frames written so far. */
  frames = 0;

  private constructor(file: WriteStream, clock: Clock) {
    this.#clock = clock;
    this.#flushedAtMs = clock.now();
    this.#compressor = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    this.#compressor.pipe(file);
    this.#written = finished(file);
    file.on("error", (error) => this.#compressor.destroy(error));
    // Reported by whatever is awaited next; without handlers the process would end.
    this.#written.catch(() => {});
    this.#compressor.on("error", () => {});
  }

  /**
   * @param path of a new `.frames.zst` file; an existing one is not overwritten.
   * @throws RecorderError when it cannot be made.
   */
  static async create(path: string, clock: Clock): Promise<Recorder> {
    const file = createWriteStream(path, { flags: "wx" });
    try {
      await once(file, "open");
    } catch (error) {
      throw failed(`cannot write ${path}`, error);
    }
    return new Recorder(file, clock);
  }

  /**
   * Appends one frame; resolves when there is room for the next.
   * @throws RecorderError when the file failed; RangeError when the frame is over the limit.
   */
  async write(frame: Uint8Array): Promise<void> {
    if (frame.length > MESSAGE_BYTES_MAX) throw new RangeError(`frame of ${frame.length} bytes`);
    const prefix = Buffer.alloc(LENGTH_BYTES);
    prefix.writeUInt32LE(frame.length);
    await this.#step((done) => this.#compressor.write(Buffer.concat([prefix, frame]), done));
    this.frames += 1;
    this.#waitingBytes += frame.length;
    const isDue = this.#clock.now() - this.#flushedAtMs >= FLUSH_INTERVAL_MS;
    if (isDue || this.#waitingBytes >= FLUSH_BYTES) await this.flush();
  }

  /** Hands everything written so far to the file. */
  async flush(): Promise<void> {
    await this.#step((done) => this.#compressor.flush(constants.ZSTD_e_flush, done));
    this.#flushedAtMs = this.#clock.now();
    this.#waitingBytes = 0;
  }

  /** Ends the recording cleanly. @throws RecorderError when the file failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#compressor.destroyed) this.#compressor.end();
    try {
      await this.#written;
    } catch (error) {
      throw failed("the recording could not be finished", error);
    }
  }

  async #step(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // A stream that fails inside a step does not call back: it only says `error`.
    this.#compressor.once("error", reject);
    start((error) => (error ? reject(error) : resolve()));
    try {
      await promise;
    } catch (error) {
      throw failed("the recording could not be written", error);
    } finally {
      this.#compressor.off("error", reject);
    }
  }
}

function failed(what: string, cause: unknown): RecorderError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RecorderError(`${what}: ${why}`, { cause });
}
