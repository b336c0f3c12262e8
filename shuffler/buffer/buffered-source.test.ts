import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Source, SourceItem } from "../sources/source.ts";
import { SleepingClock } from "../testing/clock.ts";
import { BufferedSource, type BufferNotice } from "./buffered-source.ts";
import { DiskQueue, type DiskQueueOptions } from "./disk-queue.ts";

const SESSION = { host: "relay.example", numbering: 0, number: 1 };
const ITEM_BYTES = 1000;
/** Of memory: room for about ten items. */
const MEMORY_BYTES = 13_000;

let folder: string;
let notices: string[];
let given: number;
let controller: AbortController;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-buffered-"));
  notices = [];
  given = 0;
  controller = new AbortController();
});
afterEach(async () => {
  controller.abort();
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

function item(position: number): SourceItem {
  const raw = Buffer.alloc(ITEM_BYTES, position);
  return { kind: "frame", position, raw, session: SESSION };
}

/** A live source of so many items, five at a time, as fast as they are taken. */
function sourceOf(count: number, from = 0): Source {
  return {
    name: "test",
    live: true,
    async *batches() {
      for (let at = from; at < from + count; at += 5) {
        given = at + 5 - from;
        yield Array.from({ length: 5 }, (_, i) => item(at + i));
      }
    },
  };
}

function bufferOf(source: Source, disk: DiskQueue | null): BufferedSource {
  return new BufferedSource({
    source,
    disk,
    memoryBytesMax: MEMORY_BYTES,
    clock: new SleepingClock(),
    signal: controller.signal,
    onNotice: (notice: BufferNotice) => notices.push(notice.kind),
  });
}

async function openDisk(over: Partial<DiskQueueOptions> = {}): Promise<DiskQueue> {
  return await DiskQueue.open({ folder, segmentBytes: 10_000, ...over });
}

/** Reads to the end, saying that all is stored as it goes. */
async function readAll(
  buffer: BufferedSource,
  batches: AsyncIterator<readonly SourceItem[]>,
  read: number[] = [],
): Promise<number[]> {
  for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
    read.push(...next.value.map(({ position }) => position));
    buffer.release(read.length);
  }
  return read;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

it("is quiet when the source is and nothing waits to be handed out", async () => {
  const more = Promise.withResolvers<void>();
  const source: Source = {
    ...sourceOf(0),
    async *batches() {
      yield [item(1)];
      await more.promise;
    },
    quietMs: () => 7,
  };
  const buffer = bufferOf(source, null);
  const batches = buffer.batches();
  const first = batches.next();
  const second = first.then(() => batches.next());
  expect(await first).toMatchObject({ value: [{ position: 1 }] });
  await expect.poll(() => buffer.quietMs()).toBe(7);
  more.resolve();
  await second;
  expect(buffer.quietMs()).toBeNull();
});

it("is not quiet while something waits on disk", async () => {
  await using disk = await openDisk();
  const buffer = bufferOf({ ...sourceOf(100), quietMs: () => 7 }, disk);
  const batches = buffer.batches();
  await batches.next();
  await expect.poll(() => given).toBe(100);
  expect(buffer.quietMs()).toBeNull();
  await readAll(buffer, batches);
});

describe("BufferedSource", () => {
  it("hands on what comes, in memory, while the reader keeps up", async () => {
    const buffer = bufferOf(sourceOf(500), null);
    expect(await readAll(buffer, buffer.batches())).toEqual(range(500));
    expect(buffer.stats.memoryBytesGreatest).toBeLessThan(
      MEMORY_BYTES + 5 * (ITEM_BYTES + 300) + 1,
    );
    expect(buffer.stats.diskBytesGreatest).toBe(0);
  });

  it("goes to disk when the memory is full, gives all of it in order, and leaves nothing behind", async () => {
    await using disk = await openDisk();
    const buffer = bufferOf(sourceOf(500), disk);
    const batches = buffer.batches();
    const first = await batches.next();
    await expect.poll(() => given).toBe(500);
    const taken = first.done === true ? [] : first.value.map(({ position }) => position);
    expect(await readAll(buffer, batches, taken)).toEqual(range(500));
    expect(buffer.stats).toMatchObject({ paused: false, pauses: 0 });
    expect(buffer.stats.memoryBytesGreatest).toBeLessThan(MEMORY_BYTES + 6 * 1300);
    expect(notices).toEqual(["spilling", "drained"]);
    await disk.release(499);
    expect(await readdir(folder)).toEqual([]);
  });

  it("lets a disk finish that is slow while the reader waits", async () => {
    await using disk = await openDisk();
    const append = disk.append.bind(disk);
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    disk.append = async (...args) => {
      begun.resolve();
      await go.promise;
      return await append(...args);
    };
    const buffer = bufferOf(sourceOf(300), disk);
    const batches = buffer.batches();
    const first = await batches.next();
    await begun.promise;
    const second = batches.next(); // It comes in the middle of the write.
    await new Promise((resolve) => setImmediate(resolve));
    go.resolve();
    const taken = [first, await second].flatMap((one) =>
      one.done === true ? [] : one.value.map(({ position }) => position),
    );
    expect(await readAll(buffer, batches, taken)).toEqual(range(300));
  });

  it("stops reading at the limit of the disk, says so once, and goes on when there is room", async () => {
    await using disk = await openDisk({ bytesMax: 50_000 });
    const buffer = bufferOf(sourceOf(500), disk);
    const batches = buffer.batches();
    const first = await batches.next();
    await expect.poll(() => buffer.stats.paused).toBe(true);
    expect(given).toBeLessThan(100);
    expect(notices).toEqual(["spilling", "paused"]);
    const taken = first.done === true ? [] : first.value.map(({ position }) => position);
    expect(await readAll(buffer, batches, taken)).toEqual(range(500));
    expect(buffer.stats.diskBytesGreatest).toBeLessThanOrEqual(50_000);
    expect(notices).toContain("resumed");
  });

  it("stops reading at the limit of the memory when it has no disk", async () => {
    const buffer = bufferOf(sourceOf(500), null);
    const batches = buffer.batches();
    const first = await batches.next();
    await expect.poll(() => buffer.stats.paused).toBe(true);
    expect(given).toBeLessThanOrEqual(20);
    const taken = first.done === true ? [] : first.value.map(({ position }) => position);
    buffer.release(taken.length);
    expect(await readAll(buffer, batches, taken)).toEqual(range(500));
  });

  it("pauses when the disk fails, loses nothing, and goes on in memory", async () => {
    await using disk = await openDisk();
    disk.append = async () => {
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    };
    const buffer = bufferOf(sourceOf(200), disk);
    const batches = buffer.batches();
    const first = await batches.next();
    await expect.poll(() => buffer.stats.paused).toBe(true);
    expect(given).toBeLessThanOrEqual(20);
    const taken = first.done === true ? [] : first.value.map(({ position }) => position);
    buffer.release(taken.length);
    expect(await readAll(buffer, batches, taken)).toEqual(range(200));
    expect(notices[0]).toBe("paused");
    expect(await readdir(folder)).toEqual([]);
  });

  it("keeps on disk, without a gap, all that was not stored when the process was killed", async () => {
    const disk = await openDisk();
    const killed = bufferOf(sourceOf(300), disk);
    const batches = killed.batches();
    const first = await batches.next();
    const taken = first.done === true ? [] : first.value;
    killed.release(3); // Two of the batch are handed out and not stored.
    await expect.poll(() => given).toBe(300);
    await expect.poll(() => disk.lastIndex).toBe(299);
    expect(taken.length).toBeGreaterThanOrEqual(5);

    const left: number[] = [];
    await using again = await openDisk({
      onRecovered: ({ item: { position } }) => left.push(position),
    });
    expect(left).toEqual(range(300).slice(3));
    const next = bufferOf(sourceOf(50, 300), again);
    expect(await readAll(next, next.batches())).toEqual(range(350).slice(3));
    await disk[Symbol.asyncDispose]();
  });

  it("gives what came before the source's error, then the error", async () => {
    const source: Source = {
      ...sourceOf(0),
      async *batches() {
        yield [item(0)];
        throw new Error("cut off");
      },
    };
    const buffer = bufferOf(source, null);
    const batches = buffer.batches();
    expect((await batches.next()).value).toHaveLength(1);
    await expect(batches.next()).rejects.toThrow("cut off");
  });
});

it("on a quiet relay holds in memory only what is not stored yet", async () => {
  const more = Promise.withResolvers<void>();
  const source: Source = {
    ...sourceOf(0),
    async *batches() {
      yield range(5).map(item);
      await more.promise;
    },
  };
  const buffer = bufferOf(source, null);
  const batches = buffer.batches()[Symbol.asyncIterator]();
  await batches.next();
  const waiting = batches.next();
  const all = buffer.stats.memoryBytes;
  expect(all).toBeGreaterThan(5 * ITEM_BYTES);
  const left = [1, 4, 5].map((stored) => {
    buffer.release(stored);
    return buffer.stats.memoryBytes / all;
  });
  expect(left).toEqual([0.8, 0.2, 0]);
  more.resolve();
  expect((await waiting).done).toBe(true);
});

it("on a quiet relay lets go of the files on disk whose items are stored", async () => {
  const more = Promise.withResolvers<void>();
  const source: Source = {
    ...sourceOf(0),
    async *batches() {
      for (let at = 0; at < 60; at += 5) yield range(5).map((i) => item(at + i));
      await more.promise;
    },
  };
  await using disk = await openDisk();
  const buffer = bufferOf(source, disk);
  const batches = buffer.batches()[Symbol.asyncIterator]();
  const read: number[] = [];
  const take = async () => {
    const next = await batches.next();
    if (next.done !== true) read.push(...next.value.map(({ position }) => position));
  };
  await take();
  await expect.poll(() => buffer.stats.spilled).toBeGreaterThan(40);
  while (read.length < 60) await take();
  const waiting = batches.next();
  const before = buffer.stats.diskBytes;
  buffer.release(60);
  await expect.poll(() => buffer.stats.diskBytes).toBeLessThan(before / 2);
  expect([buffer.stats.memoryBytes, read]).toEqual([0, range(60)]);
  more.resolve();
  expect((await waiting).done).toBe(true);
});
