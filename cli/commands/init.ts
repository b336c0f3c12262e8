// `fpaas init`: makes the streams and buckets of FPaaS for production, or shows how those that exist
// differ from what is wanted. It changes an existing stream only when asked to.

import type { Command } from "commander";
import { FIREHOSE_PARTITIONS_DEFAULT, PARTITIONS_MAX } from "../../plan/partition.ts";
import { connectNats, type NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { maxPayloadOf } from "../../runtime/adapters/nats/max-payload.ts";
import {
  EVENTS_PER_SECOND_DEFAULT,
  firehoseBytesFor,
  withBounds,
} from "../../runtime/adapters/nats/stream-bounds.ts";
import {
  DUPLICATE_WINDOW_MS_INIT,
  FIREHOSE_MAX_AGE_MS_DEFAULT,
  type StreamOptions,
} from "../../runtime/adapters/nats/stream-config.ts";
import {
  changeStreams,
  compareStreams,
  type StreamSetup,
} from "../../runtime/adapters/nats/stream-setup.ts";
import {
  ensureStreams,
  replicasPossible,
  supportedManager,
} from "../../runtime/adapters/nats/streams.ts";
import { MAX_PAYLOAD_BYTES } from "../../runtime/adapters/nats-server.ts";
import { BUCKETS_DEFAULT, natsUrl } from "../backend.ts";
import { type Context, type Finish, type NatsOptions, newNatsCommand } from "../context.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  formatBytes,
  formatDuration,
  parseBytes,
  parseCount,
  parseDuration,
} from "../terminal/units.ts";

type Options = NatsOptions & {
  readonly replicas?: number;
  readonly partitions: number;
  readonly buckets: number;
  readonly maxAge: number;
  readonly maxBytes?: number;
  readonly bucketMaxBytes?: number;
  readonly eventsPerSecond: number;
  readonly duplicateWindow: number;
  readonly update?: true;
};

export function initCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("init", "make the streams and buckets on a server, or compare them")
    .option("--replicas <n>", "copies (default: 3 on a cluster of three or more, else 1)", replicas)
    .option("--partitions <n>", "of the firehose", partitions, FIREHOSE_PARTITIONS_DEFAULT)
    .option("--buckets <n>", "streams for pipelines", (text) => parseCount(text), BUCKETS_DEFAULT)
    .option("--max-age <d>", "how long events are kept", parseDuration, FIREHOSE_MAX_AGE_MS_DEFAULT)
    .option("--max-bytes <n>", "of events, each replica, as 50GB (default: calculated)", parseBytes)
    .option("--bucket-max-bytes <n>", "of each stream for pipelines (default: by room)", parseBytes)
    .option(
      "--events-per-second <n>",
      "to calculate --max-bytes for",
      (text) => parseCount(text),
      EVENTS_PER_SECOND_DEFAULT,
    )
    .option(
      "--duplicate-window <d>",
      "how long the server remembers message ids",
      parseDuration,
      DUPLICATE_WINDOW_MS_INIT,
    )
    .option("--update", "change what exists to what is wanted, where that is possible")
    .action(async (options: Options) => finish(await init(options, context)));
}

async function init(options: Options, context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const url = await natsUrl(context, options);
  const report = (line: string): void => terminal.say(line);
  const connection = await connectNats({ url, name: "fpaas init", report });
  try {
    const wanted = await streamOptions(connection, options);
    const before = await compareStreams(connection, wanted);
    const refusal = refused(before);
    if (refusal === null) await make(connection, wanted, options.update === true);
    const after = refusal === null ? await compareStreams(connection, wanted) : before;
    const streams = after.map((one, i) => ({ ...one, was: before[i]?.state ?? one.state }));
    if (options.json === true) await terminal.json({ ...facts(wanted), streams });
    else await terminal.data(streams.map(draw).join(""));
    return conclude(streams, connection, { wanted, refusal, context });
  } finally {
    await connection.close();
  }
}

async function make(nc: NatsConnection, wanted: StreamOptions, update: boolean): Promise<void> {
  if (update) await changeStreams(nc, wanted);
  await ensureStreams(nc, wanted);
}

async function streamOptions(nc: NatsConnection, options: Options): Promise<StreamOptions> {
  const { partitions, buckets, maxAge, duplicateWindow, maxBytes, bucketMaxBytes } = options;
  const asked = {
    partitions,
    buckets,
    replicas: options.replicas ?? (await replicasPossible(nc)),
    firehoseMaxAgeMs: maxAge,
    duplicateWindowMs: duplicateWindow,
    ...(maxBytes !== undefined && { firehoseBytesMax: maxBytes }),
    ...(bucketMaxBytes !== undefined && { bucketBytesMax: bucketMaxBytes }),
  };
  const firehoseWanted = firehoseBytesFor(options.eventsPerSecond, maxAge);
  return await withBounds(await supportedManager(nc), asked, firehoseWanted);
}

/** Why nothing is made: what cannot be changed is not as it was asked for. */
function refused(streams: readonly StreamSetup[]): string | null {
  const fixed = streams.flatMap(({ name, differences }) =>
    differences
      .filter((one) => one.fixed !== null)
      .map(
        ({ setting, is, wanted, fixed }) => `${name}: ${setting} is ${is}, not ${wanted}: ${fixed}`,
      ),
  );
  return fixed.length === 0 ? null : fixed.join("\n");
}

type Outcome = StreamSetup & { readonly was: StreamSetup["state"] };

function conclude(
  streams: readonly Outcome[],
  nc: NatsConnection,
  { wanted, refusal, context }: { wanted: StreamOptions; refusal: string | null; context: Context },
): ExitCode {
  const { terminal } = context;
  if (refusal !== null) throw new CommandError(EXIT.conflict, "nothing was changed", refusal);
  terminal.say(settingsText(wanted));
  if (wanted.bounds === undefined) {
    terminal.complain("the server has hardly any room left: what is new has no bound of bytes");
  }
  const payloadBytes = maxPayloadOf(nc);
  if (payloadBytes < MAX_PAYLOAD_BYTES) {
    const [is, want] = [payloadBytes, MAX_PAYLOAD_BYTES].map(formatBytes);
    terminal.complain(
      `the server's max_payload is ${is}: larger records are left out; set ${want}`,
    );
  }
  if (streams.every(({ state }) => state === "as wanted")) return EXIT.ok;
  const help = "`fpaas init --update` with the same options changes it; or give what is there";
  throw new CommandError(
    EXIT.conflict,
    "what exists is not as wanted, and was left as it is",
    help,
  );
}

function settingsText(wanted: StreamOptions): string {
  const { replicas, partitions, buckets, firehoseBytesMax, bounds } = wanted;
  const { firehoseMaxAgeMs = 0, duplicateWindowMs = 0 } = wanted;
  return [
    `R${replicas}, file, uncompressed`,
    `${partitions} partitions, ${buckets} buckets`,
    `firehose kept ${formatDuration(firehoseMaxAgeMs)} or ${bytesText(firehoseBytesMax)}`,
    `new buckets take ${bytesText(bounds?.bucket)} each`,
    `ids remembered ${formatDuration(duplicateWindowMs)}`,
  ].join("; ");
}

function bytesText(bytes: number | undefined): string {
  return bytes === undefined ? "any size" : formatBytes(bytes);
}

function facts(wanted: StreamOptions) {
  return {
    replicas: wanted.replicas,
    partitions: wanted.partitions,
    buckets: wanted.buckets,
    maxAgeMs: wanted.firehoseMaxAgeMs,
    maxBytes: wanted.firehoseBytesMax ?? null,
    /** Of a bucket stream that is made now, or has no bound yet. */
    bucketMaxBytes: wanted.bounds?.bucket ?? null,
    duplicateWindowMs: wanted.duplicateWindowMs,
  };
}

function draw({ name, state, was, differences }: Outcome): string {
  const lines = differences.map(
    ({ setting, is, wanted, fixed }) =>
      `    ${setting}: ${is}, wanted ${wanted}${fixed === null ? "" : ` (${fixed})`}\n`,
  );
  return `${name.padEnd(20)}  ${change(was, state)}\n${lines.join("")}`;
}

function change(was: StreamSetup["state"], is: StreamSetup["state"]): string {
  if (was === is) return is;
  return was === "missing" ? "made" : "changed";
}

function replicas(text: string): number {
  const count = parseCount(text);
  if (count === 1 || count === 3 || count === 5) return count;
  throw new CommandError(EXIT.usage, `${text} replicas: 1, 3 or 5 are possible`);
}

function partitions(text: string): number {
  const count = parseCount(text);
  if (count <= PARTITIONS_MAX) return count;
  throw new CommandError(EXIT.usage, `${text} partitions: ${PARTITIONS_MAX} at most`);
}
