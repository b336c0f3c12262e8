// The shuffler's buffer on disk: which folder, who may use it, and what an earlier run left in it.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { startOf } from "../runtime/adapters/nats-server/process-info.ts";
import type { BufferNotice } from "../shuffler/buffer/buffered-source.ts";
import { DiskQueue } from "../shuffler/buffer/disk-queue.ts";
import type { Entry } from "../shuffler/buffer/entry.ts";
import type { Place, Places } from "../shuffler/ports.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { describe } from "./report-error.ts";
import { formatCount } from "./terminal/units.ts";

const LOCK_FILE = "owner";
const MB = 1_000_000;

export type DiskBuffer = AsyncDisposable & {
  readonly queue: DiskQueue;
  /** Connections that what is left over came on. */
  readonly sessions: number;
  /** The places, or what was left over where that goes further. */
  furtherThan(places: Places): Places;
};

/**
 * Opens the folder for this process alone.
 * @throws CommandError when it cannot be written, or another process uses it
 */
export async function openDiskBuffer(folder: string, bytesMax?: number): Promise<DiskBuffer> {
  const path = resolve(folder);
  const lock = await guarded(path, () => takeLock(path));
  const left = new LeftOver();
  const queue = await guarded(path, () =>
    DiskQueue.open({
      folder: path,
      ...(bytesMax !== undefined && { bytesMax }),
      onRecovered: (entry) => left.take(entry),
    }),
  );
  return {
    queue,
    sessions: left.sessions,
    furtherThan: (places) => ({
      load: async (host) => left.orFurther(host, await places.load(host)),
      storedTimeMs: () => places.storedTimeMs(),
    }),
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await rm(lock, { force: true });
    },
  };
}

async function guarded<T>(path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(
      EXIT.failure,
      `the buffer folder ${path} cannot be used: ${describe(cause)}`,
      "name another with --buffer FOLDER, or do without: --buffer none",
      { cause },
    );
  }
}

/** @returns the lock's file */
async function takeLock(path: string): Promise<string> {
  // Asked for parents as well, Node calls a read-only file system a missing one: the second says what it is.
  await mkdir(path, { recursive: true }).catch(() => mkdir(path));
  const file = join(path, LOCK_FILE);
  const owner = await readFile(file, "utf8").catch(() => "");
  const [pid, started] = owner.split(" ");
  const isAlive = started !== undefined && (await startOf(Number(pid))) === started;
  if (isAlive && Number(pid) !== process.pid) {
    throw new CommandError(
      EXIT.conflict,
      `the buffer folder ${path} is used by process ${pid}`,
      "give every shuffler a folder of its own: --buffer FOLDER",
    );
  }
  await writeFile(file, `${process.pid} ${await startOf(process.pid)}`);
  return file;
}

/** What an earlier run had read and not published. */
class LeftOver {
  readonly #last = new Map<string, Place>();
  sessions = 0;

  take({ item: { position, session } }: Entry): void {
    if (session === undefined) return;
    const { host, numbering, number } = session;
    this.sessions = Math.max(this.sessions, number);
    this.#last.set(host, { position, numbering, savedAtMs: Date.now() });
  }

  orFurther(host: string, saved: Place | null): Place | null {
    const left = this.#last.get(host) ?? null;
    if (left === null || saved === null) return left ?? saved;
    if (left.numbering !== saved.numbering) return left.numbering > saved.numbering ? left : saved;
    return left.position > saved.position ? left : saved;
  }
}

export function leftOverText({
  recovered,
  isTorn,
}: Pick<DiskQueue, "recovered" | "isTorn">): string {
  const torn = isTorn ? "; what came behind was damaged and is read from the relay again" : "";
  return `the buffer on disk holds ${formatCount(recovered)} items of an earlier run, they come first${torn}`;
}

export function bufferText(notice: BufferNotice): string {
  switch (notice.kind) {
    case "spilling":
      return `NATS does not keep up: ${formatCount(Math.round(notice.bytes / MB))} MB wait in memory, what comes now goes to the buffer on disk`;
    case "drained":
      return `the buffer on disk is empty again, ${formatCount(notice.items)} items went through it`;
    case "paused":
      return `reading pauses: ${notice.reason}; the relay keeps what comes meanwhile (up to 72 h)`;
    case "resumed":
      return "reading goes on";
  }
}
