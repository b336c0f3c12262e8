// One append-only file of a buffer. What a failed or interrupted write left behind its last whole entry is
// cut off, by us when we know of it, else when the file is opened again.

import { type FileHandle, open, rm } from "node:fs/promises";
import { decodeEntry, type Entry, entryBytes, PREFIX_BYTES } from "./entry.ts";

const READ_BYTES = 1 << 20;

export class Segment {
  readonly path: string;
  readonly #file: FileHandle;
  /** Bytes of whole entries. */
  bytes = 0;
  /** Index of the last entry; that of the one before the first in an empty segment. */
  lastIndex: number;
  #readAt = 0;

  private constructor(path: string, file: FileHandle, lastIndex: number) {
    this.path = path;
    this.#file = file;
    this.lastIndex = lastIndex;
  }

  /** @param before index of the last entry of the segment before. @throws the system's error */
  static async create(path: string, before: number): Promise<Segment> {
    return new Segment(path, await open(path, "wx+"), before);
  }

  /**
   * Opens a file of an earlier process and cuts it behind its last whole entry.
   * @param onEntry gets every one.
   */
  static async recover(path: string, onEntry: (entry: Entry) => void): Promise<Recovered> {
    const segment = new Segment(path, await open(path, "r+"), -1);
    const { size } = await segment.#file.stat();
    segment.bytes = size;
    let firstIndex: number | null = null;
    for (let batch = await segment.read(); batch.length > 0; batch = await segment.read()) {
      for (const entry of batch) {
        firstIndex ??= entry.index;
        segment.lastIndex = entry.index;
        onEntry(entry);
      }
    }
    segment.bytes = segment.#readAt;
    segment.#readAt = 0;
    await segment.#file.truncate(segment.bytes);
    return { segment, firstIndex, isTorn: segment.bytes < size };
  }

  get isRead(): boolean {
    return this.#readAt >= this.bytes;
  }

  /** Appends whole entries. @throws the system's error; nothing of them is kept then. */
  async append(bytes: Buffer, lastIndex: number): Promise<void> {
    try {
      let at = 0;
      while (at < bytes.length) {
        const { bytesWritten } = await this.#file.write(
          bytes,
          at,
          bytes.length - at,
          this.bytes + at,
        );
        at += bytesWritten;
      }
    } catch (error) {
      await this.#file.truncate(this.bytes).catch(() => {}); // Else it is cut off when it is opened.
      throw error;
    }
    this.bytes += bytes.length;
    this.lastIndex = lastIndex;
  }

  /** The next entries, about a megabyte of them; none at the end or in front of a damaged one. */
  async read(): Promise<Entry[]> {
    const entries = await this.#readUpTo(READ_BYTES);
    if (entries.length > 0 || this.isRead) return entries;
    const prefix = await this.#bytesAt(this.#readAt, PREFIX_BYTES);
    const wanted = entryBytes(prefix, 0);
    if (wanted === null || wanted <= READ_BYTES || wanted > this.bytes - this.#readAt) return [];
    return await this.#readUpTo(wanted);
  }

  /** Leaves out entries up to `index`. */
  async skipTo(index: number): Promise<void> {
    while (!this.isRead) {
      const start = this.#readAt;
      const entries = await this.read();
      const skipped = entries.filter((entry) => entry.index <= index).length;
      if (entries.length === 0) return;
      if (skipped < entries.length) {
        this.#readAt = start + (await this.#lengthOf(start, skipped));
        return;
      }
    }
  }

  /** Hands it to the disk. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  async #readUpTo(bytesMax: number): Promise<Entry[]> {
    const bytes = await this.#bytesAt(this.#readAt, Math.min(bytesMax, this.bytes - this.#readAt));
    const entries: Entry[] = [];
    let at = 0;
    for (let size = entryBytes(bytes, at); size !== null; size = entryBytes(bytes, at)) {
      if (at + size > bytes.length) break;
      const entry = decodeEntry(bytes, at, at + size);
      if (entry === null) break;
      entries.push(entry);
      at += size;
    }
    this.#readAt += at;
    return entries;
  }

  /** Bytes of the first `count` entries from `start`. */
  async #lengthOf(start: number, count: number): Promise<number> {
    let at = start;
    for (let left = count; left > 0; left -= 1) {
      at += entryBytes(await this.#bytesAt(at, PREFIX_BYTES), 0) ?? 0;
    }
    return at - start;
  }

  async #bytesAt(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  }
}

export type Recovered = {
  readonly segment: Segment;
  /** Null when nothing in it is whole. */
  readonly firstIndex: number | null;
  /** Whether something was cut off. */
  readonly isTorn: boolean;
};
