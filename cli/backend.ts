// The NATS server a command talks to: which one, connected, with what FPaaS keeps there.

import { FIREHOSE_PARTITIONS_DEFAULT } from "../plan/partition.ts";
import { connectNats, type NatsConnection } from "../runtime/adapters/nats/connect.ts";
import { NatsDeploymentStore } from "../runtime/adapters/nats/deployment-store.ts";
import { Link } from "../runtime/adapters/nats/link.ts";
import { NatsMembership } from "../runtime/adapters/nats/membership.ts";
import { NatsLog } from "../runtime/adapters/nats/nats-log.ts";
import { NatsReportBoard } from "../runtime/adapters/nats/report-board.ts";
import { patiently } from "../runtime/adapters/nats/retry.ts";
import {
  describeStreams,
  ensureStreams,
  type StreamLayout,
} from "../runtime/adapters/nats/streams.ts";
import type { Context, NatsOptions } from "./context.ts";
import { runningDevs } from "./dev/store-folder.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

/** Bucket streams made on a server that has none: one in `dev`, more where many pipelines are expected. */
export const BUCKETS_DEV = 1;
export const BUCKETS_DEFAULT = 16;

/** A connected server. Disposing closes the connection. */
export type Backend = AsyncDisposable & {
  readonly url: string;
  readonly connection: NatsConnection;
  readonly layout: StreamLayout;
  readonly log: NatsLog;
  readonly store: NatsDeploymentStore;
  readonly membership: NatsMembership;
  readonly reports: NatsReportBoard;
};

/** What to do where FPaaS has never run: make its streams, or say so. */
type Missing = "make" | "refuse";

/**
 * Connects to the server of `--nats`, NATS_URL, or this folder's running `fpaas dev`.
 * @throws CommandError when there is none, NatsUnreachable when it does not answer
 */
export async function openBackend(
  context: Context,
  options: NatsOptions,
  missing: Missing,
): Promise<Backend> {
  const url = await natsUrl(context, options);
  return await openBackendAt(url, context, { missing, buckets: BUCKETS_DEFAULT });
}

/** As `openBackend`, for a server that is known. */
export async function openBackendAt(
  url: string,
  { terminal }: Context,
  { missing, buckets }: { missing: Missing; buckets: number },
): Promise<Backend> {
  const report = (line: string): void => terminal.say(line);
  const connection = await connectNats({ url, name: "fpaas cli", report });
  // A cluster that elects a leader just now answers a few seconds later.
  const link = new Link(connection);
  const onceItAnswers = <T>(ask: () => Promise<T>) => patiently(link, ask);
  try {
    const partitions = FIREHOSE_PARTITIONS_DEFAULT;
    const layout = await onceItAnswers(() =>
      missing === "make"
        ? ensureStreams(connection, { buckets, partitions })
        : describeStreams(connection),
    );
    if (layout === null) throw nothingThere(url);
    return {
      url,
      connection,
      layout,
      log: new NatsLog(connection),
      store: await onceItAnswers(() => NatsDeploymentStore.open(connection)),
      membership: await onceItAnswers(() => NatsMembership.open(connection)),
      reports: await onceItAnswers(() => NatsReportBoard.open(connection)),
      [Symbol.asyncDispose]: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The address to connect to. @throws CommandError when nothing says one */
export async function natsUrl({ env, folder }: Context, options: NatsOptions): Promise<string> {
  const given = options.nats ?? env.NATS_URL ?? "";
  if (given !== "") return given;
  const running = await runningDevs(folder);
  if (running.length === 1 && running[0] !== undefined) return running[0].url;
  if (running.length === 0) throw noServer();
  const list = running.map(({ name, url }) => `${name}: --nats ${url}`).join("\n");
  throw new CommandError(EXIT.usage, "several `fpaas dev` run in this folder: say which", list);
}

function noServer(): CommandError {
  return new CommandError(
    EXIT.failure,
    "no NATS server: neither --nats nor NATS_URL is given, and no `fpaas dev` runs in this folder",
    [
      "Any one of these helps:",
      "  --nats nats://host:4222      the server to use",
      "  NATS_URL=nats://host:4222    the same, from the environment",
      "  fpaas dev FILE               starts a server of its own; then run this again in its folder",
    ].join("\n"),
  );
}

function nothingThere(url: string): CommandError {
  return new CommandError(
    EXIT.notFound,
    `FPaaS has not been used on ${url} yet: its streams are not there`,
    "`fpaas init` makes them; so do `fpaas shuffler`, `fpaas worker` and `fpaas deploy`",
  );
}
