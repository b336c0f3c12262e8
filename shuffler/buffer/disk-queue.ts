// A queue of source items in append-only files: in at the end, out at the front, and a file is deleted once
// everything in it is stored in the log. It holds without a gap whatever came since its first entry, so that
// a process that was killed goes on with it.
//
// Files are synced when they are full and at a clean end, not at every entry: nothing in here was promised to
// anybody. What a power failure takes comes again from the relay, which is asked for what follows the last
// entry that is whole.

import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Entry, encodeEntry } from "./entry.ts";
import { Segment } from "./segment.ts";

/** Written at a time, so that a large piece of memory is not copied twice. */
const PIECE_BYTES = 1 << 20;
export const SEGMENT_BYTES_DEFAULT = 32_000_000;
export const DISK_BYTES_MAX_DEFAULT = 4_000_000_000;
const SEGMENT_NAME = /^\d{12}\.seg$/;

export type DiskQueueOptions = {
  readonly folder: string;
  readonly bytesMax?: number;
  readonly segmentBytes?: number;
  /** Gets every entry that an earlier process left. */
  readonly onRecovered?: (entry: Entry) => void;
};

export class DiskQueue implements AsyncDisposable {
  readonly folder: string;
  readonly bytesMax: number;
  readonly #segmentBytes: number;
  #segments: Segment[] = [];
  /** Whether an append is under way: to the last segment, or to one that is yet to be made. */
  #isWriting = false;
  /** Position in `#segments` of the one that is read. */
  #reading = 0;
  #named = 0;
  #bytes = 0;
  #lastIndex = -1;
  #readIndex = -1;
  /** Entries left by an earlier process, and whether some of it was damaged. */
  recovered = 0;
  isTorn = false;

  private constructor({ folder, bytesMax, segmentBytes }: DiskQueueOptions) {
    this.folder = folder;
    this.bytesMax = bytesMax ?? DISK_BYTES_MAX_DEFAULT;
    this.#segmentBytes = segmentBytes ?? SEGMENT_BYTES_DEFAULT;
  }

  /** Opens the folder, making it when missing. @throws the system's error when it cannot be used */
  static async open(options: DiskQueueOptions): Promise<DiskQueue> {
    const queue = new DiskQueue(options);
    await mkdir(options.folder, { recursive: true });
    await queue.#recover(options.onRecovered ?? (() => {}));
    return queue;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Index of the last entry, -1 before the first. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  get hasUnread(): boolean {
    return this.#readIndex < this.#lastIndex;
  }

  /**
   * Appends entries whose indices go on from the last, if all of them fit within the limit.
   * @param handed how many of them, the first, are not to be read; all that is here already must be read then
   * @returns whether they did fit
   * @throws SegmentError, or the system's error with a path; none is kept then
   */
  async append(entries: readonly Entry[], handed = 0): Promise<boolean> {
    const last = entries.at(-1);
    if (last === undefined) return true;
    const encoded = entries.map(encodeEntry);
    if (this.#bytes + lengthOf(encoded) > this.bytesMax) return false;
    const segment = await this.#write(encoded, entries[0]?.index ?? 0, last.index);
    this.#bytes += lengthOf(encoded);
    this.#lastIndex = last.index;
    const lastHanded = entries[handed - 1];
    if (lastHanded !== undefined) {
      this.#reading = this.#segments.length - 1;
      this.#readIndex = lastHanded.index;
      segment.markRead(segment.bytes - lengthOf(encoded.slice(handed)), lastHanded.index);
    }
    return true;
  }

  async #write(encoded: readonly Buffer[], firstIndex: number, lastIndex: number) {
    this.#isWriting = true;
    try {
      const segment = await this.#segmentFor(firstIndex);
      await segment.append(pieces(encoded), lastIndex);
      return segment;
    } finally {
      this.#isWriting = false;
    }
  }

  /** The next entries; none when all are read. */
  async read(): Promise<readonly Entry[]> {
    for (;;) {
      const segment = this.#segments[this.#reading];
      if (segment === undefined) return [];
      const entries = await segment.read();
      if (entries.length > 0) {
        this.#readIndex = entries.at(-1)?.index ?? this.#readIndex;
        return entries;
      }
      if (segment !== this.#segments[this.#reading]) continue; // It was let go meanwhile.
      if (segment === this.#segments.at(-1)) return [];
      this.#reading += 1;
    }
  }

  /**
   * Everything up to `index` is stored: deletes the files that are of no more use. Which ones is decided at
   * once: an append that begins while a file is being deleted writes to one that stays, and one that is under
   * way keeps its file.
   */
  async release(index: number): Promise<void> {
    for (const segment of this.#letGo(index)) await segment.remove();
  }

  #letGo(index: number): Segment[] {
    const gone: Segment[] = [];
    while (this.#reading > 0 || !this.hasUnread) {
      const [first] = this.#segments;
      if (first === undefined || first.lastIndex > index) break;
      if (this.#isWriting && this.#segments.length === 1) break;
      this.#segments.shift();
      this.#reading = Math.max(0, this.#reading - 1);
      this.#bytes -= first.bytes;
      gone.push(first);
    }
    return gone;
  }

  /** Hands everything to the disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const segment of this.#segments) {
      await segment.sync().catch(() => {}); // A disk that fails has been reported when it was written.
      await segment.close();
    }
    this.#segments = [];
  }

  async #segmentFor(firstIndex: number): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.bytes < this.#segmentBytes) return last;
    await last?.sync();
    const path = join(this.folder, `${String(this.#named).padStart(12, "0")}.seg`);
    const segment = await Segment.create(path, firstIndex - 1);
    this.#named += 1;
    this.#segments.push(segment);
    return segment;
  }

  /** Takes what is there up to the first damage; what comes behind a gap is of no use. */
  async #recover(onRecovered: (entry: Entry) => void): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => SEGMENT_NAME.test(name)).sort();
    for (const name of names) {
      this.#named = Number.parseInt(name, 10) + 1;
      const pending: Entry[] = [];
      const { segment, firstIndex, isTorn } = await Segment.recover(
        join(this.folder, name),
        (entry) => pending.push({ ...entry, item: { ...entry.item, raw: new Uint8Array() } }),
      );
      const isNext = this.#segments.length === 0 || firstIndex === this.#lastIndex + 1;
      if (firstIndex === null || this.isTorn || !isNext) {
        this.isTorn ||= isTorn || firstIndex !== null;
        await segment.remove();
        continue;
      }
      this.isTorn = isTorn;
      for (const entry of pending) onRecovered(entry);
      this.#segments.push(segment);
      this.#lastIndex = segment.lastIndex;
      if (this.#segments.length === 1) this.#readIndex = firstIndex - 1;
      this.recovered += pending.length;
      this.#bytes += segment.bytes;
    }
  }
}

function* pieces(buffers: readonly Buffer[]): Generator<Buffer> {
  let from = 0;
  for (let bytes = 0, to = 1; to <= buffers.length; to += 1) {
    bytes += buffers[to - 1]?.length ?? 0;
    if (bytes < PIECE_BYTES && to < buffers.length) continue;
    yield Buffer.concat(buffers.slice(from, to));
    [from, bytes] = [to, 0];
  }
}

function lengthOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}
