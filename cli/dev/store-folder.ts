// Where `fpaas dev` keeps its server's files, one folder for a program and a recording, so that a restart
// resumes and a change of either starts anew; and how other commands find a running one.

import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";

/** Our folder below the working folder. */
const FPAAS_FOLDER = ".fpaas";
const RUNNING_FILE = "dev.json";
const HASH_DIGITS = 10;

const Running = z.object({ url: z.string(), pid: z.int(), name: z.string() });
/** A `fpaas dev` and its server's address. */
export type RunningDev = z.infer<typeof Running>;

/** `.fpaas/dev-<name>-<hash>` for what is run: the identity of programs and recording. */
export function devStoreFolder(folder: string, file: string, identity: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of identity) hash.update(`${part.length}:${part}`);
  const name = basename(file)
    .replace(/\.fpl$/, "")
    .replaceAll(/[^\w-]/g, "-");
  return join(folder, FPAAS_FOLDER, `dev-${name}-${hash.digest("hex").slice(0, HASH_DIGITS)}`);
}

/** Notes the address of the server in its store folder; the returned function takes the note away. */
export async function announceDev(storeDir: string, url: string): Promise<() => Promise<void>> {
  const file = join(storeDir, RUNNING_FILE);
  const running: RunningDev = { url, pid: process.pid, name: basename(storeDir) };
  await writeFile(`${file}.new`, JSON.stringify(running));
  await rename(`${file}.new`, file);
  return () => rm(file, { force: true });
}

/** Every `fpaas dev` that runs in this folder now. */
export async function runningDevs(folder: string): Promise<RunningDev[]> {
  const root = join(folder, FPAAS_FOLDER);
  const found = await Promise.all(
    (await namesIn(root)).map((name) => readRunning(join(root, name, RUNNING_FILE))),
  );
  return found.filter((one) => one !== null).filter(({ pid }) => isAlive(pid));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return []; // No `fpaas dev` has ever run here.
  }
}

/** Null where there is none, or a crash left half a file. */
async function readRunning(file: string): Promise<RunningDev | null> {
  try {
    return Running.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return null;
  }
}

/** A signal 0 reaches every live process; EPERM says it is somebody else's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
