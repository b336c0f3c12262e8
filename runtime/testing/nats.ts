// A real nats-server of its own for a test: fresh store, free port, gone with its files at the end.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsServer, startNatsServer } from "../adapters/nats-server.ts";

/** A test's server: `url` stays the same over restarts. */
export type TestNats = AsyncDisposable & {
  readonly url: string;
  readonly storeDir: string;
  /** kill -9: nothing of the server's own shutdown runs. */
  crash(): Promise<void>;
  /** Starts it again on the same port and store, after a crash or a stop. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** @param options as of `startNatsServer` */
export async function startTestNats(
  options: { readonly storeBytesMax?: number; readonly maxPayloadBytes?: number } = {},
): Promise<TestNats> {
  const storeDir = await mkdtemp(join(tmpdir(), "fpaas-nats-"));
  let server = await startNatsServer({ ...options, storeDir });
  const { url, port } = server;
  return {
    url,
    storeDir,
    crash: () => server.kill("SIGKILL"),
    restart: async () => {
      server = await startNatsServer({ ...options, storeDir, port });
    },
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => dispose(server, storeDir),
  };
}

async function dispose(server: NatsServer, storeDir: string): Promise<void> {
  await server.stop();
  await rm(storeDir, { recursive: true, force: true });
}
