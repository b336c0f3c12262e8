// Fetches a nats-server into the cache folder: the official release, else Debian's package. Several
// processes may do so at once: each works in its own folder and the last rename wins.

import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "./error-message.ts";
import type { Attempt } from "./errors.ts";
import { fetchFromDebian } from "./fetch-debian.ts";
import { fetchRelease } from "./fetch-release.ts";
import {
  cachedBinary,
  cacheFolder,
  type Environment,
  type NatsServerBinary,
  tryBinary,
} from "./find.ts";
import { NATS_SERVER_PINNED_VERSION } from "./version.ts";

/** Gets one line of progress, without a line end. */
export type Report = (line: string) => void;

export type FetchResult = {
  readonly fetched: NatsServerBinary | null;
  readonly failed: readonly Attempt[];
};

type Route = {
  readonly way: string;
  /** Leaves an executable somewhere under `workDir` and returns its path. */
  readonly run: (workDir: string) => Promise<string>;
};

/** Tries each route in turn and returns the installed server, or why every route failed. */
export async function fetchNatsServer(
  env: Environment,
  report: Report,
  releaseUrl: string | undefined,
): Promise<FetchResult> {
  const failed: Attempt[] = [];
  for (const { way, run } of routes(env, releaseUrl)) {
    report(`nats-server: fetching ${way}`);
    const result = await install(env, run);
    if (typeof result !== "string") return { fetched: result, failed };
    report(`nats-server: ${way}: ${result}`);
    failed.push({ way, reason: result });
  }
  return { fetched: null, failed };
}

function routes(env: Environment, releaseUrl: string | undefined): Route[] {
  return [
    {
      way: `the official release ${NATS_SERVER_PINNED_VERSION}`,
      run: (workDir) => fetchRelease(workDir, releaseUrl),
    },
    { way: "Debian's package through apt-get", run: (workDir) => fetchFromDebian(workDir, env) },
  ];
}

/** Returns the server in its place in the cache, or the reason why there is none. */
async function install(env: Environment, run: Route["run"]): Promise<NatsServerBinary | string> {
  try {
    return await installOrThrow(env, run);
  } catch (error) {
    return errorMessage(error);
  }
}

async function installOrThrow(
  env: Environment,
  run: Route["run"],
): Promise<NatsServerBinary | string> {
  const folder = cacheFolder(env);
  await mkdir(folder, { recursive: true });
  const workDir = await mkdtemp(join(folder, "fetch-"));
  try {
    const binary = await run(workDir);
    await chmod(binary, 0o755);
    const tried = await tryBinary(binary);
    if (typeof tried === "string") return tried;
    const path = cachedBinary(env, tried.version);
    await rename(binary, path);
    return { ...tried, path };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
