// Looks for a nats-server that is already there: $NATS_SERVER_BIN, PATH, our cache folder.

import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { errorMessage } from "./error-message.ts";
import type { Attempt } from "./errors.ts";
import {
  compareVersions,
  formatVersion,
  judgeVersion,
  parseVersion,
  versionOf,
} from "./version.ts";

/** A server that runs and is not too old. */
export type NatsServerBinary = {
  readonly path: string;
  readonly version: string;
  /** What to tell the user about it; null when there is nothing to say. */
  readonly warning: string | null;
};

export type FindResult = {
  readonly found: NatsServerBinary | null;
  /** Everything looked at and not taken. */
  readonly rejected: readonly Attempt[];
};

export type Environment = Readonly<Record<string, string | undefined>>;

const EXECUTABLE = process.platform === "win32" ? "nats-server.exe" : "nats-server";
const CACHED_PREFIX = "nats-server-";

/** Returns the first usable server in the order of architecture.md, section "nats-server". */
export async function findNatsServer(env: Environment): Promise<FindResult> {
  const rejected: Attempt[] = [];
  for (const { way, path } of await candidates(env)) {
    const tried = await tryBinary(path);
    if (typeof tried !== "string") return { found: tried, rejected };
    rejected.push({ way, reason: tried });
  }
  return { found: null, rejected };
}

/** Returns the binary when it can be used, else the reason why not. */
export async function tryBinary(path: string): Promise<NatsServerBinary | string> {
  try {
    const version = await versionOf(path);
    if (version === null) return `${path} does not say a version`;
    const name = formatVersion(version);
    switch (judgeVersion(version)) {
      case "refused":
        return `${path} is ${name}; 2.12 or newer is needed for atomic batches`;
      case "old":
        return { path, version: name, warning: `${path} is ${name}; 2.15 or newer is advised` };
      case "good":
        return { path, version: name, warning: null };
    }
  } catch (error) {
    return errorMessage(error);
  }
}

/** Where fetched servers are kept: `$XDG_CACHE_HOME/fpaas`, `~/.cache/fpaas` without it. */
export function cacheFolder(env: Environment): string {
  const base = env.XDG_CACHE_HOME;
  if (base !== undefined && base !== "") return join(base, "fpaas");
  return join(env.HOME ?? homedir(), ".cache", "fpaas");
}

/** The path of a fetched server in the cache folder. */
export function cachedBinary(env: Environment, version: string): string {
  const suffix = process.platform === "win32" ? ".exe" : "";
  return join(cacheFolder(env), `${CACHED_PREFIX}${version}${suffix}`);
}

type Candidate = { readonly way: string; readonly path: string };

async function candidates(env: Environment): Promise<Candidate[]> {
  const list: Candidate[] = [];
  const named = env.NATS_SERVER_BIN;
  if (named !== undefined && named !== "") list.push({ way: "$NATS_SERVER_BIN", path: named });
  for (const path of await onPath(env)) list.push({ way: "PATH", path });
  for (const path of await inCache(env)) list.push({ way: "cache", path });
  return list;
}

async function onPath(env: Environment): Promise<string[]> {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const paths = folders.map((folder) => join(folder, EXECUTABLE));
  const executable = await Promise.all(paths.map(isExecutable));
  return paths.filter((_, index) => executable[index] === true);
}

/** Newest first. */
async function inCache(env: Environment): Promise<string[]> {
  const folder = cacheFolder(env);
  const versions = (await namesIn(folder)).flatMap((name) => {
    const version = name.startsWith(CACHED_PREFIX) ? parseVersion(name) : null;
    return version === null ? [] : [{ version, path: join(folder, name) }];
  });
  return versions.sort((a, b) => compareVersions(b.version, a.version)).map(({ path }) => path);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return []; // No cache folder yet, or not ours to read: nothing is cached.
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
