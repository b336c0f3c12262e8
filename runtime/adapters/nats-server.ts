// The embedded nats-server: find one, else fetch one, and run it as a child process. The CLI and the
// tests use it from here.

import { type Attempt, NatsServerUnavailable } from "./nats-server/errors.ts";
import { fetchNatsServer, type Report } from "./nats-server/fetch.ts";
import { type Environment, findNatsServer, type NatsServerBinary } from "./nats-server/find.ts";
import { type LaunchOptions, launch, type NatsServer } from "./nats-server/start.ts";

export { MAX_PAYLOAD_BYTES } from "./nats-server/config.ts";
export {
  NatsServerStartFailed,
  NatsServerUnavailable,
  NatsStoreInUse,
} from "./nats-server/errors.ts";
export type { Report } from "./nats-server/fetch.ts";
export { findNatsServer, type NatsServerBinary } from "./nats-server/find.ts";
export type { NatsServer } from "./nats-server/start.ts";

export type EnsureOptions = {
  /** Gets lines of progress; silence without it. */
  readonly report?: Report;
  /** NATS_SERVER_BIN, PATH, XDG_CACHE_HOME, HOME, FPAAS_NATS_RELEASES; the process's own without it. */
  readonly env?: Environment;
};

export type StartOptions = LaunchOptions & EnsureOptions;

/** Finds a nats-server or fetches one into the cache folder. @throws NatsServerUnavailable */
export async function ensureNatsServer(options: EnsureOptions = {}): Promise<NatsServerBinary> {
  const { report = () => {}, env = process.env } = options;
  const { found, rejected } = await findNatsServer(env);
  for (const { way, reason } of rejected) report(`nats-server: ${way}: ${reason}`);
  const { fetched, failed } =
    found === null
      ? await fetchNatsServer(env, report, env.FPAAS_NATS_RELEASES)
      : { fetched: found, failed: [] };
  if (fetched === null) throw new NatsServerUnavailable(attempts(rejected, failed));
  if (fetched.warning !== null) report(`nats-server: ${fetched.warning}`);
  return fetched;
}

/**
 * Runs an embedded server on `storeDir` until it is stopped or disposed of.
 * @throws NatsServerUnavailable, NatsStoreInUse, NatsServerStartFailed
 */
export async function startNatsServer(options: StartOptions): Promise<NatsServer> {
  return await launch(await ensureNatsServer(options), options);
}

function attempts(rejected: readonly Attempt[], failed: readonly Attempt[]): Attempt[] {
  const nothing = { way: "$NATS_SERVER_BIN, PATH, cache", reason: "none found" };
  return [...(rejected.length === 0 ? [nothing] : rejected), ...failed];
}
