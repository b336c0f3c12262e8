// Between a live source and the publishing: reads on while the log is slow or away, so that the relay does
// not drop us for being slow. First in memory, then on disk, and at the limit of that it stops reading.
// Nothing is dropped anywhere. What comes out is what went in, in order.

import type { Clock } from "../ports.ts";
import type { Source, SourceItem } from "../sources/source.ts";
import type { DiskQueue } from "./disk-queue.ts";
import type { Entry } from "./entry.ts";

export const MEMORY_BYTES_MAX_DEFAULT = 64_000_000;
/** What an item takes besides its frame. */
const ITEM_BYTES = 300;
/** Items handed out at once. */
const BATCH_ITEMS_MAX = 1024;
/** What is stored is taken out of memory so many items at a time: one by one each would move all behind it. */
const FORGOTTEN_MAX = 1024;
/** A disk that failed is tried again so often. */
export const DISK_RETRY_MS = 5000;

export type BufferNotice =
  | { readonly kind: "spilling"; readonly bytes: number }
  | { readonly kind: "drained"; readonly items: number }
  /** Reading pauses: there is no room on disk, or no disk. */
  | { readonly kind: "paused"; readonly reason: string }
  | { readonly kind: "resumed" };

export type BufferedSourceOptions = {
  readonly source: Source;
  /** Null: memory only. */
  readonly disk: DiskQueue | null;
  readonly memoryBytesMax?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onNotice: (notice: BufferNotice) => void;
};

/** For metrics. */
export type BufferStats = {
  memoryBytes: number;
  diskBytes: number;
  memoryBytesGreatest: number;
  diskBytesGreatest: number;
  /** Items that went over the disk. */
  spilled: number;
  /** Whether the source is not read now. */
  paused: boolean;
  pauses: number;
};

type Failure = { readonly error: unknown };

export class BufferedSource implements Source {
  readonly name: string;
  readonly live: boolean;
  readonly stats: BufferStats = {
    memoryBytes: 0,
    diskBytes: 0,
    memoryBytesGreatest: 0,
    diskBytesGreatest: 0,
    spilled: 0,
    paused: false,
    pauses: 0,
  };
  readonly #options: BufferedSourceOptions;
  readonly #memoryBytesMax: number;
  /** Not yet known to be stored, oldest first; those before `#handed` were handed out. */
  #held: Entry[] = [];
  #handed = 0;
  /** Those before it are stored: they count no more, and leave together. */
  #forgotten = 0;
  #lastIndex: number;
  /** Index of the first item handed out in this process; `release` counts from there. */
  readonly #firstIndex: number;
  #releasedIndex: number;
  /** Whether items go over the disk now. */
  #isSpilling: boolean;
  #isAppending = false;
  /** Whether something was read that is neither in memory nor on disk yet. */
  #isPutting = false;
  #spilledNow = 0;
  #ended: Failure | "end" | null = null;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};

  constructor(options: BufferedSourceOptions) {
    const { source, disk } = options;
    this.name = source.name;
    this.live = source.live;
    this.#options = options;
    this.#memoryBytesMax = options.memoryBytesMax ?? MEMORY_BYTES_MAX_DEFAULT;
    this.#isSpilling = disk?.hasUnread ?? false;
    this.#lastIndex = disk?.lastIndex ?? -1;
    this.#firstIndex = this.#lastIndex + 1 - (disk?.recovered ?? 0);
    this.#releasedIndex = this.#firstIndex - 1;
  }

  async *batches(): AsyncGenerator<readonly SourceItem[]> {
    const filling = this.#fill();
    try {
      for (;;) {
        const entries = await this.#take();
        if (entries === null) break;
        yield entries.map(({ item }) => item);
      }
    } finally {
      this.#ended ??= "end";
      this.#wakeWriter();
    }
    await filling;
  }

  /** The first `items` of all that were handed out are stored. */
  release(items: number): void {
    this.#releasedIndex = this.#firstIndex - 1 + items;
    if (this.#isAppending) return;
    this.#forgetHeld();
    if (this.stats.paused) {
      if (!this.#isSpilling && this.stats.memoryBytes < this.#memoryBytesMax) this.#wakeWriter();
    } else if (this.stats.diskBytes > 0 && this.#held.length === this.#handed) {
      this.#wakeReader(); // On a quiet relay nothing else lets go of the files.
    }
  }

  quietMs(): number | null {
    const isBusy = this.#isPutting || this.#isSpilling || this.#isAppending;
    if (isBusy || this.#held.length > this.#handed || this.#ended !== null) return null;
    return this.#options.source.quietMs?.() ?? null;
  }

  /** Reads the source into memory or to disk until it ends. Never rejects: the reader gets the error. */
  async #fill(): Promise<void> {
    try {
      for await (const batch of this.#options.source.batches()) {
        this.#isPutting = true;
        for (const entries of this.#numbered(batch)) await this.#put(entries);
        this.#isPutting = false;
        if (this.#ended !== null) return;
      }
      this.#ended ??= "end";
    } catch (error) {
      this.#ended ??= { error };
    } finally {
      this.#wakeReader();
    }
  }

  #numbered(batch: readonly SourceItem[]): Entry[][] {
    const entries = batch.map((item) => {
      this.#lastIndex += 1;
      return { index: this.#lastIndex, item };
    });
    const parts: Entry[][] = [];
    for (let at = 0; at < entries.length; at += BATCH_ITEMS_MAX) {
      parts.push(entries.slice(at, at + BATCH_ITEMS_MAX));
    }
    return parts;
  }

  async #put(entries: readonly Entry[]): Promise<void> {
    while (this.#ended === null) {
      await this.#forget();
      if (!this.#isSpilling && this.stats.memoryBytes < this.#memoryBytesMax) {
        return this.#hold(entries);
      }
      const reason = await this.#spill(entries);
      if (reason === null) return this.#resume();
      await this.#wait(reason);
    }
  }

  #hold(entries: readonly Entry[]): void {
    this.#held.push(...entries);
    for (const entry of entries) this.#addMemory(bytesOf(entry));
    this.#resume();
    this.#wakeReader();
  }

  /** @returns why it could not; null when the entries are on disk. */
  async #spill(entries: readonly Entry[]): Promise<string | null> {
    const { disk } = this.#options;
    if (disk === null) return "the memory for it is full";
    this.#isAppending = true;
    try {
      if (!(this.#isSpilling || (await this.#beginSpilling(disk)))) return fullText(disk);
      if (!(await disk.append(entries))) return fullText(disk);
    } catch (error) {
      return `the buffer cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      this.#isAppending = false;
      this.#wakeReader();
    }
    this.#count(disk, entries.length);
    return null;
  }

  /**
   * What is in memory goes to disk first, also what was handed out: the disk is to have no gap.
   * @returns whether it fits
   */
  async #beginSpilling(disk: DiskQueue): Promise<boolean> {
    const held = this.#held.slice(this.#forgotten);
    if (!(await disk.append(held, this.#handed - this.#forgotten))) return false;
    this.#options.onNotice({ kind: "spilling", bytes: this.stats.memoryBytes });
    this.#isSpilling = true;
    this.#held = [];
    this.#handed = 0;
    this.#forgotten = 0;
    this.#spilledNow = 0;
    this.#addMemory(-this.stats.memoryBytes);
    this.#count(disk, held.length);
    return true;
  }

  #count(disk: DiskQueue, items: number): void {
    const { stats } = this;
    stats.spilled += items;
    this.#spilledNow += items;
    stats.diskBytes = disk.bytes;
    stats.diskBytesGreatest = Math.max(stats.diskBytesGreatest, disk.bytes);
  }

  /** The next items, from wherever the oldest are; null at the end. */
  async #take(): Promise<readonly Entry[] | null> {
    for (;;) {
      const entries = this.#isSpilling ? await this.#takeFromDisk() : this.#takeFromMemory();
      if (entries.length > 0) return entries;
      if (this.#ended !== null && !this.#isSpilling && !this.#isAppending) return this.#atEnd();
      await this.#forget();
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
        if (this.#isReady()) resolve();
      });
    }
  }

  #isReady(): boolean {
    const { disk } = this.#options;
    if (this.#isSpilling) return disk?.hasUnread === true || !this.#isAppending;
    // Not while the memory is being written: nothing is taken then, and asking on would keep the disk waiting.
    return !this.#isAppending && (this.#held.length > this.#handed || this.#ended !== null);
  }

  #takeFromMemory(): Entry[] {
    // While the memory is being written to disk its order must not change.
    if (this.#isAppending) return [];
    const entries = this.#held.slice(this.#handed, this.#handed + BATCH_ITEMS_MAX);
    this.#handed += entries.length;
    return entries;
  }

  async #takeFromDisk(): Promise<readonly Entry[]> {
    const entries = (await this.#options.disk?.read()) ?? [];
    if (entries.length > 0 || this.#isAppending) return entries;
    if (this.#options.disk?.hasUnread === true) return [];
    this.#isSpilling = false;
    this.#options.onNotice({ kind: "drained", items: this.#spilledNow });
    this.#wakeWriter();
    return [];
  }

  #atEnd(): null {
    if (this.#ended !== null && this.#ended !== "end") throw this.#ended.error;
    return null;
  }

  /** Lets go of what is stored. */
  async #forget(): Promise<void> {
    // What is being written must neither change nor be deleted.
    if (this.#isAppending) return;
    this.#forgetHeld();
    const { disk } = this.#options;
    if (disk === null || disk.bytes === 0) return;
    const before = disk.bytes;
    await disk.release(this.#releasedIndex);
    this.stats.diskBytes = disk.bytes;
    if (this.stats.paused && disk.bytes < before) this.#wakeWriter();
  }

  #forgetHeld(): void {
    while (this.#forgotten < this.#handed) {
      const entry = this.#held[this.#forgotten];
      if (entry === undefined || entry.index > this.#releasedIndex) break;
      this.#addMemory(-bytesOf(entry));
      this.#forgotten += 1;
    }
    const isAll = this.#forgotten === this.#held.length;
    if (this.#forgotten === 0 || (!isAll && this.#forgotten < FORGOTTEN_MAX)) return;
    this.#held = isAll ? [] : this.#held.slice(this.#forgotten);
    this.#handed -= this.#forgotten;
    this.#forgotten = 0;
  }

  #addMemory(bytes: number): void {
    const { stats } = this;
    stats.memoryBytes += bytes;
    stats.memoryBytesGreatest = Math.max(stats.memoryBytesGreatest, stats.memoryBytes);
  }

  async #wait(reason: string): Promise<void> {
    const { clock, signal, onNotice } = this.#options;
    if (!this.stats.paused) {
      this.stats.pauses += 1;
      onNotice({ kind: "paused", reason });
    }
    this.stats.paused = true;
    const woken = new AbortController();
    this.#wakeWriter = () => woken.abort();
    await clock.sleep(DISK_RETRY_MS, AbortSignal.any([signal, woken.signal]));
    if (signal.aborted) this.#ended ??= "end";
  }

  #resume(): void {
    if (this.stats.paused) this.#options.onNotice({ kind: "resumed" });
    this.stats.paused = false;
  }
}

function fullText({ folder, bytesMax }: DiskQueue): string {
  return `the buffer in ${folder} has its limit of ${bytesMax} bytes`;
}

function bytesOf({ item }: Entry): number {
  return item.raw.length + ITEM_BYTES;
}
