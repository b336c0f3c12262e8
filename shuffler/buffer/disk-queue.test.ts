import {
  appendFile,
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DiskQueue, type DiskQueueOptions } from "./disk-queue.ts";
import { type Entry, encodeEntry } from "./entry.ts";
import { Segment } from "./segment.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-buffer-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const SESSION = { host: "relay.example", numbering: 2, number: 3 };

function entry(index: number, bytes = 100): Entry {
  const raw = Buffer.alloc(bytes, index);
  return { index, item: { kind: "frame", position: 1000 + index, raw, session: SESSION } };
}

function entries(from: number, to: number, bytes = 100): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, bytes));
}

async function open(over: Partial<DiskQueueOptions> = {}): Promise<DiskQueue> {
  return await DiskQueue.open({ folder, segmentBytes: 1000, ...over });
}

async function drain(queue: DiskQueue): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let batch = await queue.read(); batch.length > 0; batch = await queue.read()) {
    all.push(...batch);
  }
  return all;
}

async function drainInto(queue: DiskQueue, given: number[]): Promise<void> {
  for (let batch = await queue.read(); batch.length > 0; batch = await queue.read()) {
    given.push(...indices(batch));
  }
}

/** The next call of a segment's method begins, and does nothing until `go`. */
function heldOpen(method: "append" | "remove"): { begun: Promise<void>; go: () => void } {
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const original = Segment.prototype[method] as (...args: unknown[]) => Promise<void>; // one of two
  vi.spyOn(Segment.prototype, method).mockImplementationOnce(async function (
    this: Segment,
    ...args: unknown[]
  ) {
    begun.resolve();
    await go.promise;
    await original.apply(this, args);
  });
  return { begun: begun.promise, go: go.resolve };
}

const indices = (all: readonly Entry[]): number[] => all.map(({ index }) => index);
const range = (from: number, to: number): number[] => indices(entries(from, to));

/** What a process that was killed leaves, opened again. */
async function reopened(): Promise<{ queue: DiskQueue; seen: number[] }> {
  const seen: number[] = [];
  const queue = await open({ onRecovered: ({ index }) => seen.push(index) });
  return { queue, seen };
}

describe("DiskQueue", () => {
  it("gives back what it was given, in order, whatever it was", async () => {
    await using queue = await open();
    const refused: Entry = {
      index: 1,
      item: {
        kind: "message",
        position: 5,
        raw: Buffer.from("raw"),
        message: { kind: "rejected", reason: "seq_order", detail: "why" },
      },
    };
    const all = [entry(0), refused, entry(2, 3_000_000), entry(3)];
    await queue.append(all.slice(0, 2));
    await queue.append(all.slice(2));
    // Compared as bytes: millions of them, one by one, take seconds.
    const bytesOf = (some: readonly Entry[]) => Buffer.concat(some.map(encodeEntry));
    expect(bytesOf(await drain(queue)).equals(bytesOf(all))).toBe(true);
    expect(queue.hasUnread).toBe(false);
    await queue.append([entry(4)]);
    expect(indices(await drain(queue))).toEqual([4]);
  });

  it("deletes a file once all in it is stored, and none that is not read", async () => {
    await using queue = await open();
    for (let i = 0; i < 40; i += 10) await queue.append(entries(i, i + 9));
    expect((await readdir(folder)).length).toBe(4);
    await queue.release(39);
    expect((await readdir(folder)).length).toBe(4);
    await drain(queue);
    await queue.release(18);
    expect((await readdir(folder)).length).toBe(3);
    await queue.release(39);
    expect([queue.bytes, (await readdir(folder)).length]).toEqual([0, 0]);
  });

  it("does not give what was handed out before it was written", async () => {
    await using queue = await open();
    await queue.append(entries(0, 24), 0);
    expect(indices(await drain(queue))).toEqual(range(0, 24));
    await queue.append(entries(25, 34), 7);
    await queue.append(entries(35, 39));
    expect(indices(await drain(queue))).toEqual(range(32, 39));
    await queue.append(entries(40, 44), 5);
    expect(queue.hasUnread).toBe(false);
    expect(await drain(queue)).toEqual([]);
  });

  it("takes as many bytes as its limit, and nothing of what is one more", async () => {
    const size = encodeEntry(entry(0)).length;
    await using queue = await open({ bytesMax: 3 * size });
    expect(await queue.append([entry(0)])).toBe(true);
    expect(await queue.append([entry(1), entry(2, 101)])).toBe(false);
    expect(queue.bytes).toBe(size);
    expect(await queue.append([entry(1), entry(2)])).toBe(true);
    expect(queue.bytes).toBe(3 * size);
    expect(await queue.append([entry(3, 0)])).toBe(false);
    expect(indices(await drain(queue))).toEqual(range(0, 2));
  });

  it("writes to a file that stays while another is being deleted", async () => {
    await using queue = await open();
    await queue.append(entries(0, 4));
    await drain(queue);
    const deletion = heldOpen("remove");
    const released = queue.release(4);
    await deletion.begun;
    await queue.append(entries(5, 9));
    deletion.go();
    await released;
    expect(indices(await drain(queue))).toEqual(range(5, 9));
    expect(await readdir(folder)).toHaveLength(1);
  });

  it("keeps a file that is being written, though all that was in it is stored", async () => {
    await using queue = await open();
    await queue.append(entries(0, 4));
    await drain(queue);
    const write = heldOpen("append");
    const appended = queue.append(entries(5, 9));
    await write.begun;
    await queue.release(4);
    write.go();
    await appended;
    expect(indices(await drain(queue))).toEqual(range(5, 9));
    await queue.release(9);
    expect(await readdir(folder)).toEqual([]);
  });

  it("makes room for the next append when the one that kept a file has failed", async () => {
    await using queue = await open();
    await queue.append(entries(0, 4));
    await drain(queue);
    const [begun, fail] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    vi.spyOn(Segment.prototype, "append").mockImplementationOnce(async () => {
      begun.resolve();
      await fail.promise;
      throw new Error("ENOSPC");
    });
    const failed = queue.append(entries(5, 9));
    await begun.promise;
    await queue.release(4);
    fail.resolve();
    await expect(failed).rejects.toThrow("ENOSPC");
    expect(await readdir(folder)).toEqual(["000000000000.seg"]);
    await queue.release(4); // As before every attempt to write.
    await queue.append(entries(5, 9));
    expect(await readdir(folder)).toEqual(["000000000001.seg"]);
    expect(indices(await drain(queue))).toEqual(range(5, 9));
  });

  it("goes on with what a killed process left", async () => {
    const first = await open();
    for (let i = 0; i < 40; i += 10) await first.append(entries(i, i + 9));
    await drain(first);
    await first.release(12);
    const { queue, seen } = await reopened();
    expect(seen).toEqual(range(10, 39));
    expect([queue.recovered, queue.isTorn, queue.lastIndex]).toEqual([30, false, 39]);
    await queue.append([entry(40)]);
    expect(indices(await drain(queue))).toEqual(range(10, 40));
    await queue[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  });

  it("cuts a torn tail off, at whatever byte it was torn", async () => {
    const first = await open();
    await first.append(entries(0, 3));
    await first[Symbol.asyncDispose]();
    const [name = ""] = await readdir(folder);
    const whole = await readFile(join(folder, name));
    const size = whole.length / 4;
    for (let length = whole.length - 1; length >= 0; length -= 7) {
      await writeFile(join(folder, name), whole.subarray(0, length));
      const { queue, seen } = await reopened();
      expect(seen).toEqual(range(0, Math.floor(length / size) - 1));
      await queue[Symbol.asyncDispose]();
      for (const left of await readdir(folder)) await rm(join(folder, left));
    }
  });

  it("takes nothing behind a damaged entry or a lost file, and says so", async () => {
    const first = await open();
    for (let i = 0; i < 40; i += 10) await first.append(entries(i, i + 9));
    await first[Symbol.asyncDispose]();
    const [, second = "", third = ""] = (await readdir(folder)).sort();
    const bytes = await readFile(join(folder, third));
    bytes[bytes.length - 1] = 0xff;
    await writeFile(join(folder, third), bytes);
    const damaged = await reopened();
    expect([damaged.seen, damaged.queue.isTorn]).toEqual([range(0, 28), true]);
    await damaged.queue[Symbol.asyncDispose]();
    await rm(join(folder, second));
    const lost = await reopened();
    expect([lost.seen, lost.queue.isTorn]).toEqual([range(0, 9), true]);
    await lost.queue[Symbol.asyncDispose]();
  });

  it("says which file is damaged where, instead of leaving out what is in it", async () => {
    await using queue = await open();
    for (let i = 0; i < 40; i += 10) await queue.append(entries(i, i + 9));
    const [, second = ""] = (await readdir(folder)).sort();
    const path = join(folder, second);
    const bytes = await readFile(path);
    const size = bytes.length / 10;
    bytes[3 * size - 1] = 0xff;
    await writeFile(path, bytes);
    const given = indices(await queue.read());
    await expect(drainInto(queue, given)).rejects.toMatchObject({
      code: "buffer_damaged",
      message: `${path}: the entry at byte ${2 * size} is damaged`,
    });
    expect(given).toEqual(range(0, 11));
    const again = await reopened();
    expect([again.seen, again.queue.isTorn]).toEqual([range(0, 11), true]);
    await again.queue[Symbol.asyncDispose]();
  });

  it("takes no whole entry that a failed write left behind the last good one", async () => {
    const left = [...entries(0, 3), entry(2)].map(encodeEntry);
    await writeFile(join(folder, "000000000000.seg"), Buffer.concat(left));
    const { queue, seen } = await reopened();
    expect([seen, queue.isTorn, queue.lastIndex]).toEqual([range(0, 3), true, 3]);
    await queue[Symbol.asyncDispose]();
  });

  it("finds no damage in a file that was made and not yet written", async () => {
    await writeFile(join(folder, "000000000000.seg"), "");
    const { queue, seen } = await reopened();
    expect([seen, queue.isTorn, await readdir(folder)]).toEqual([[], false, []]);
    await queue[Symbol.asyncDispose]();
  });

  it("takes noise for nothing", async () => {
    await writeFile(join(folder, "000000000000.seg"), Buffer.alloc(5000, 0xff));
    await appendFile(join(folder, "README"), "not ours");
    const { queue, seen } = await reopened();
    expect([seen, await readdir(folder)]).toEqual([[], ["README"]]);
    await queue.append([entry(0)]);
    await truncate(join(folder, "README"), 0);
    await queue[Symbol.asyncDispose]();
  });

  it.skipIf(process.getuid?.() === 0)("fails to open a folder it may not write", async () => {
    await chmod(folder, 0o500);
    await expect(open({ folder: join(folder, "x") })).rejects.toMatchObject({ code: "EACCES" });
    await chmod(folder, 0o700);
  });
});
