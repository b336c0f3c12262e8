// Starts nats-server on a store folder and hands out a handle to stop it.

import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { killChild, pidOf, spawnDetached, stopChild } from "./child.ts";
import { type ClusterConfig, MAX_PAYLOAD_BYTES, renderConfig } from "./config.ts";
import { errorMessage } from "./error-message.ts";
import { NatsServerStartFailed, NatsStoreInUse } from "./errors.ts";
import type { NatsServerBinary } from "./find.ts";
import { hasCode } from "./process-info.ts";
import { listening } from "./ready.ts";
import { lockStore, type StoreLock } from "./store-lock.ts";

export type LaunchOptions = {
  /** Folder for JetStream's files, the log, the configuration and the lock; made when missing. */
  readonly storeDir: string;
  /** TCP port on loopback; a free one without it. */
  readonly port?: number;
  readonly serverName?: string;
  /** Makes it a node of a cluster. */
  readonly cluster?: ClusterConfig;
  /** Whether every write is on the disk before it is acknowledged; false without it. */
  readonly syncAlways?: boolean;
  /** Largest message, bytes: for tests, as a server that others run may have less than ours. */
  readonly maxPayloadBytes?: number;
  /** What JetStream may store, and set aside for bounds, bytes; by the free disk without it. */
  readonly storeBytesMax?: number;
};

/** A running embedded server. Disposing stops it. */
export type NatsServer = AsyncDisposable & {
  /** `nats://127.0.0.1:port` */
  readonly url: string;
  readonly pid: number;
  readonly port: number;
  readonly storeDir: string;
  readonly logFile: string;
  /** Resolves when the process is gone, whatever ended it, and its store is free again. */
  readonly exited: Promise<void>;
  /** SIGTERM, SIGKILL after 15 s; resolves when the process is gone. May be called twice. */
  stop(): Promise<void>;
  /** Sends a signal that ends it, SIGKILL for one, and resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
};

const SERVER_NAME_DEFAULT = "fpaas";

/**
 * @throws NatsStoreInUse when a live process uses the store
 * @throws NatsServerStartFailed with the end of the server's log
 */
export async function launch(
  binary: NatsServerBinary,
  options: LaunchOptions,
): Promise<NatsServer> {
  const storeDir = resolve(options.storeDir);
  const files = filesIn(storeDir);
  const lock = await openStore(storeDir, files);
  try {
    await prepare(files, binary, { ...options, storeDir });
    return await run(binary, files, storeDir, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

type Files = { readonly config: string; readonly log: string; readonly portsDir: string };

function filesIn(storeDir: string): Files {
  return {
    config: join(storeDir, "nats-server.conf"),
    log: join(storeDir, "nats-server.log"),
    portsDir: join(storeDir, "ports"),
  };
}

async function openStore(storeDir: string, files: Files): Promise<StoreLock> {
  try {
    await mkdir(storeDir, { recursive: true });
    return await lockStore(storeDir, files.config);
  } catch (cause) {
    if (cause instanceof NatsStoreInUse) throw cause;
    const message = `the NATS store ${storeDir} cannot be used: ${errorMessage(cause)}`;
    throw new NatsServerStartFailed(message, "", { cause });
  }
}

async function prepare(
  files: Files,
  binary: NatsServerBinary,
  options: LaunchOptions,
): Promise<void> {
  await rm(files.portsDir, { recursive: true, force: true });
  await mkdir(files.portsDir);
  await keepPreviousLog(files.log);
  const config = renderConfig({
    serverName: options.serverName ?? SERVER_NAME_DEFAULT,
    port: options.port ?? null,
    storeDir: options.storeDir,
    portsDir: files.portsDir,
    cluster: options.cluster ?? null,
    syncAlways: options.syncAlways ?? false,
    maxPayloadBytes: options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES,
    storeBytesMax: options.storeBytesMax ?? null,
    version: binary.version,
  });
  await writeFile(files.config, config);
}

/** The log of the run before may tell why it ended. */
async function keepPreviousLog(file: string): Promise<void> {
  try {
    await rename(file, `${file}.1`);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

async function run(
  binary: NatsServerBinary,
  files: Files,
  storeDir: string,
  lock: StoreLock,
): Promise<NatsServer> {
  const child = await spawnDetached(binary.path, ["-c", files.config], files.log, () =>
    lock.release(),
  );
  try {
    const pid = await pidOf(child);
    await lock.recordServer(pid);
    const url = await listening(child, pid, files.portsDir, files.log);
    const { exited } = child;
    const stop = () => stopChild(child);
    const kill = (signal: NodeJS.Signals) => killChild(child, signal);
    const port = Number(new URL(url).port);
    const server = { url, pid, port, storeDir, logFile: files.log, exited, stop, kill };
    return { ...server, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await killChild(child, "SIGKILL");
    throw error;
  }
}
