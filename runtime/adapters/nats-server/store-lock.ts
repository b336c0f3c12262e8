// One server a store: nats-server itself does not lock its folder, and two on one store destroy it.
// The lock file names the process that owns the store and its server, so that a later start can tell
// "in use" from "left over by a kill -9", and end the orphaned server before it takes over.

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { NatsStoreInUse } from "./errors.ts";
import { commandLineOf, endProcess, hasCode, startOf } from "./process-info.ts";

const LOCK_FILE = "nats-server.pid";
const ORPHAN_GRACE_MS = 5000;
/** More than one retry means that others keep taking the store: in use by all appearances. */
const TAKEOVERS_MAX = 3;

const Holder = z.object({
  owner: z.int(),
  ownerStarted: z.string().nullable(),
  /** Process id of the server, null until it is spawned. */
  server: z.int().nullable(),
});
type Holder = z.infer<typeof Holder>;

export type StoreLock = {
  /** Writes the server's process id down, so that it is found should we be killed. */
  recordServer(pid: number): Promise<void>;
  /** May be called twice. */
  release(): Promise<void>;
};

/**
 * Takes the lock of the store, ending an orphaned server of ours that still runs on it.
 * @param configFile what tells our server's command line from any other process with that id
 * @throws NatsStoreInUse
 */
export async function lockStore(storeDir: string, configFile: string): Promise<StoreLock> {
  const file = join(storeDir, LOCK_FILE);
  const own = { owner: process.pid, ownerStarted: await startOf(process.pid) };
  for (let takeovers = 0; !(await create(file, { ...own, server: null })); takeovers++) {
    const text = await readText(file);
    if (text === null) continue;
    const holder = parseHolder(text);
    if (holder !== null) await refuseLiveOwner(storeDir, holder);
    if (takeovers >= TAKEOVERS_MAX) throw new NatsStoreInUse(storeDir, holder?.owner ?? 0);
    if (holder !== null) await endOrphan(holder, configFile);
    await removeStale(file, text);
  }
  return heldLock(file, own);
}

/** Serialised, so that a server that dies at once cannot bring back the file of a released lock. */
function heldLock(file: string, own: Omit<Holder, "server">): StoreLock {
  let released = false;
  let last = Promise.resolve();
  const then = (action: () => Promise<void>) => {
    last = last.then(async () => {
      if (!released) await action();
    });
    return last;
  };
  return {
    recordServer: (pid) => then(() => replace(file, { ...own, server: pid })),
    release: () =>
      then(async () => {
        released = true;
        await rm(file, { force: true });
      }),
  };
}

async function create(file: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(holder), { flag: "wx" });
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** By rename, so that nobody reads half a file. */
async function replace(file: string, holder: Holder): Promise<void> {
  const next = `${file}.${process.pid}`;
  await writeFile(next, JSON.stringify(holder));
  await rename(next, file);
}

async function refuseLiveOwner(storeDir: string, holder: Holder): Promise<void> {
  const started = await startOf(holder.owner);
  if (started !== null && started === holder.ownerStarted) {
    throw new NatsStoreInUse(storeDir, holder.owner);
  }
}

async function endOrphan(holder: Holder, configFile: string): Promise<void> {
  if (holder.server === null) return;
  const command = await commandLineOf(holder.server);
  if (command?.includes(configFile)) await endProcess(holder.server, ORPHAN_GRACE_MS);
}

/** Removes the file only if it still is the stale one: somebody may have taken over meanwhile. */
async function removeStale(file: string, text: string): Promise<void> {
  const aside = `${file}.stale.${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  if ((await readText(aside)) === text) await rm(aside, { force: true });
  else await rename(aside, file);
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

/** Null for a file that a crash left half written. */
function parseHolder(text: string): Holder | null {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
