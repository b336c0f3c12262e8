// One append-only file of a buffer. What a failed or interrupted write left behind its last whole entry is
// cut off, by us when we know of it, else when the file is opened again.

import { type FileHandle, open, rm } from "node:fs/promises";
import { decodeEntry, type Entry, entryBytes, PREFIX_BYTES } from "./entry.ts";

const READ_BYTES = 1 << 20;

/** A file of the buffer cannot be used. The message says which, and what the system or we found wrong. */
export class SegmentError extends Error {
  readonly code: SegmentErrorCode;
  /** Whether the same may succeed later. */
  readonly retry: boolean;

  constructor(code: SegmentErrorCode, path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.code = code;
    this.retry = code === "buffer_unwritable";
  }
}

export type SegmentErrorCode =
  /** A write failed: the disk is full, or read-only, or dying. */
  | "buffer_unwritable"
  /** What was written before does not come back. Opened again, the file is cut there. */
  | "buffer_damaged";

export class Segment {
  readonly path: string;
  readonly #file: FileHandle;
  /** Bytes of whole entries. */
  bytes = 0;
  /** Index of the last entry; that of the one before the first in an empty segment. */
  lastIndex: number;
  #readAt = 0;
  /** Of the last entry that was read; null before the first. */
  #readIndex: number | null = null;

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
    for (let batch = await segment.#readWhole(); batch.length > 0; ) {
      for (const entry of batch) {
        firstIndex ??= entry.index;
        segment.lastIndex = entry.index;
        onEntry(entry);
      }
      batch = await segment.#readWhole();
    }
    segment.bytes = segment.#readAt;
    segment.#readAt = 0;
    segment.#readIndex = null;
    await segment.#file.truncate(segment.bytes);
    return { segment, firstIndex, isTorn: segment.bytes < size };
  }

  get isRead(): boolean {
    return this.#readAt >= this.bytes;
  }

  /** Appends whole entries, in pieces. @throws SegmentError; nothing of them is kept then */
  async append(pieces: Iterable<Buffer>, lastIndex: number): Promise<void> {
    let end = this.bytes;
    try {
      for (const piece of pieces) {
        await this.#write(piece, end);
        end += piece.length;
      }
    } catch (cause) {
      await this.#file.truncate(this.bytes).catch(() => {}); // Else it is cut off when it is opened.
      throw new SegmentError("buffer_unwritable", this.path, messageOf(cause), { cause });
    }
    this.bytes = end;
    this.lastIndex = lastIndex;
  }

  /** Its first `bytes`, up to the entry `index`, are not to be read. */
  markRead(bytes: number, index: number): void {
    this.#readAt = bytes;
    this.#readIndex = index;
  }

  /** The next entries, about a megabyte of them; none at the end. @throws SegmentError in front of a damaged one */
  async read(): Promise<Entry[]> {
    if (this.isRead) return [];
    const entries = await this.#readWhole();
    if (entries.length > 0) return entries;
    const reason = `the entry at byte ${this.#readAt} is damaged`;
    throw new SegmentError("buffer_damaged", this.path, reason);
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

  async #write(piece: Buffer, position: number): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const { bytesWritten } = await this.#file.write(piece, at, piece.length - at, position + at);
      at += bytesWritten;
    }
  }

  /** Whole entries from `#readAt` on; none when the next is damaged. */
  async #readWhole(): Promise<Entry[]> {
    const entries = await this.#readUpTo(READ_BYTES);
    if (entries.length > 0 || this.isRead) return entries;
    const prefix = await this.#bytesAt(this.#readAt, PREFIX_BYTES);
    const wanted = entryBytes(prefix, 0);
    if (wanted === null || wanted <= READ_BYTES || wanted > this.bytes - this.#readAt) return [];
    return await this.#readUpTo(wanted);
  }

  async #readUpTo(bytesMax: number): Promise<Entry[]> {
    const bytes = await this.#bytesAt(this.#readAt, Math.min(bytesMax, this.bytes - this.#readAt));
    const entries: Entry[] = [];
    let at = 0;
    for (let size = entryBytes(bytes, at); size !== null; size = entryBytes(bytes, at)) {
      if (at + size > bytes.length) break;
      const entry = decodeEntry(bytes, at, at + size);
      if (entry === null || !this.#isNext(entry)) break;
      this.#readIndex = entry.index;
      entries.push(entry);
      at += size;
    }
    this.#readAt += at;
    return entries;
  }

  /** An entry may be whole and yet be left over from a write that failed. */
  #isNext({ index }: Entry): boolean {
    return this.#readIndex === null || index === this.#readIndex + 1;
  }

  async #bytesAt(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

export type Recovered = {
  readonly segment: Segment;
  /** Null when nothing in it is whole. */
  readonly firstIndex: number | null;
  /** Whether something was cut off. */
  readonly isTorn: boolean;
};
