// `fpaas shuffler`: reads a relay or a recording and publishes its events to the FIREHOSE stream.

import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { Speed } from "../../shuffler/pace.ts";
import type { Progress } from "../../shuffler/publish.ts";
import { eventsTotal } from "../../shuffler/shuffle.ts";
import type { RelayStats } from "../../shuffler/sources/relay-stats.ts";
import { type Address, natsTroubles, startAdmin, withAdminOption } from "../admin/admin-server.ts";
import type { Backend } from "../backend.ts";
import {
  type Context,
  collect,
  type Finish,
  type NatsOptions,
  newNatsCommand,
  stoppedExit,
} from "../context.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-codes.ts";
import { exitAfter } from "../nothing-read.ts";
import { openBackendPatiently } from "../patient-backend.ts";
import { type BufferOptions, parseSpeed, publishTo } from "../publishing.ts";
import { isRelay, SOURCE_HELP, type SourceSpecs, specIn } from "../source.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatCount, formatDuration, plural } from "../terminal/units.ts";
import { openVerifier, type VerifyOptions, withVerifyOptions } from "../verification.ts";

const BYTES_PER_MB = 1_000_000;

type Options = NatsOptions &
  VerifyOptions & {
    readonly from?: string;
    readonly relay?: readonly string[];
    readonly closeWindows?: true;
    readonly speed: Speed;
    readonly buffer?: string;
    readonly bufferMemory?: number;
    readonly bufferDisk?: number;
    readonly admin?: Address;
  };

export function shufflerCommand(context: Context, finish: Finish): Command {
  const command = newNatsCommand(
    "shuffler",
    "publish a relay's or a recording's events to the firehose stream",
  )
    .option("--from <source>", SOURCE_HELP)
    .option(
      "--relay <url>",
      "a relay, wss://host; several: the next is read when one fails",
      collect,
    )
    .option("--close-windows", "at the end of a recording, say that nothing more will come")
    .option("--speed <speed>", "of a recording: 1x, 60x or max", parseSpeed, "max" as Speed)
    .option(
      "--buffer <folder>",
      "for what a relay sends while NATS is away, or none (default: .fpaas/buffer-HOST)",
    )
    .option("--buffer-memory <megabytes>", "of it in memory", parseMegabytes)
    .option("--buffer-disk <megabytes>", "of it on disk", parseMegabytes);
  withAdminOption(command);
  return withVerifyOptions(command).action(async (options: Options) =>
    finish(await shuffle(options, context)),
  );
}

async function shuffle(options: Options, context: Context): Promise<ExitCode> {
  const { terminal, signal } = context;
  const from = sourceOf(options, context);
  const name = options.from ?? from.join(", ");
  const verifier = await openVerifier(options, from[0], context);
  await using backend = await openBackendPatiently(context, options);
  if (backend === null) return stoppedExit(context);
  await using admin = await openAdmin(options.admin, backend, terminal);
  const startMs = performance.now();
  let relay: RelayStats | null = null;
  let cidMismatches = 0;
  const progress = await publishTo({
    backend,
    from,
    verifier,
    speed: options.speed,
    closeWindows: options.closeWindows === true,
    terminal,
    signal,
    buffer: bufferOf(from, options, context),
    ...(admin !== null && { observer: admin.metrics }),
    onProgress: (now, stats) => {
      relay = stats.relay;
      cidMismatches = stats.relay.cidMismatches;
      terminal.progress(`${name}: ${progressText(now, relay)}`);
    },
  });
  const elapsed = formatDuration(performance.now() - startMs);
  if (options.json === true) await terminal.json(facts(name, progress, relay));
  terminal.say(`${name}: ${progressText(progress, relay)}, ${elapsed}`);
  if (cidMismatches > 0) {
    terminal.say(`${name}: ${plural(cidMismatches, "record")} not what the CID says, and taken`);
  }
  return exitAfter(name, progress.counters, context);
}

/** Null when nobody asked for it: then nothing is loaded and nothing is counted. */
async function openAdmin(at: Address | undefined, { connection }: Backend, terminal: Terminal) {
  if (at === undefined) return null;
  const { ShufflerMetrics } = await import("../admin/shuffler-metrics.ts");
  const { addStreamMetrics } = await import("../admin/stream-metrics.ts");
  const metrics = new ShufflerMetrics(Date.now);
  addStreamMetrics(metrics.registry, connection);
  const troubles = async () => [...(await natsTroubles(connection)), ...metrics.troubles()];
  const server = await startAdmin(at, { registry: metrics.registry, troubles });
  terminal.say(`metrics, /livez and /readyz on ${server.url}`);
  return { metrics, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function sourceOf({ from, relay = [] }: Options, context: Context): SourceSpecs {
  if (from !== undefined && relay.length > 0) {
    throw new CommandError(EXIT.usage, "give --from or --relay, not both");
  }
  const other = relay.find((one) => !isRelay(one));
  if (other !== undefined) {
    throw new CommandError(EXIT.usage, `\`${other}\` is no relay`, "write wss://host");
  }
  const [first, ...more] = from === undefined ? relay : [specIn(context, from)];
  if (first !== undefined) return [first, ...more];
  throw new CommandError(EXIT.usage, "which source?", "give --relay wss://host or --from FILE");
}

function bufferOf([first]: SourceSpecs, options: Options, { folder }: Context): BufferOptions {
  const { buffer, bufferMemory, bufferDisk } = options;
  const host = (URL.parse(first)?.host ?? "file").replaceAll(/[^a-zA-Z0-9.-]/g, "-");
  const path = resolve(folder, buffer ?? join(".fpaas", `buffer-${host}`));
  return {
    folder: buffer === "none" ? null : path,
    ...(bufferMemory !== undefined && { memoryBytesMax: bufferMemory }),
    ...(bufferDisk !== undefined && { diskBytesMax: bufferDisk }),
  };
}

/** @returns bytes */
function parseMegabytes(text: string): number {
  const megabytes = Number(text);
  if (megabytes > 0 && Number.isFinite(megabytes)) return megabytes * BYTES_PER_MB;
  throw new CommandError(EXIT.usage, `\`${text}\` is no number of megabytes`, "write 64, or 4000");
}

function progressText({ counters, frontier }: Progress, relay: RelayStats | null): string {
  const rejected = rejectedTotal(counters.rejected);
  const { sequenceGaps = 0, missedMax = 0 } = relay ?? {};
  const troubles = [
    ...(rejected === 0 ? [] : [`${formatCount(rejected)} rejected`]),
    ...(counters.superseded === 0 ? [] : [`${formatCount(counters.superseded)} superseded`]),
    ...(sequenceGaps === 0
      ? []
      : [`${formatCount(sequenceGaps)} sequence gaps (missed at most ${formatCount(missedMax)})`]),
  ];
  const events = `${formatCount(eventsTotal(counters))} events published`;
  return `${[events, ...troubles].join(", ")}, at position ${frontier?.position ?? "none"}`;
}

function facts(source: string, { counters, frontier }: Progress, relay: RelayStats | null) {
  return {
    source,
    events: eventsTotal(counters),
    messages: counters.messages,
    rejected: Object.fromEntries(counters.rejected),
    gaps: counters.gaps,
    superseded: counters.superseded,
    sequence_gaps: relay?.sequenceGaps ?? 0,
    missed_max: relay?.missedMax ?? 0,
    oversize: counters.oversize,
    position: frontier?.position ?? null,
  };
}

function rejectedTotal(rejected: ReadonlyMap<string, number>): number {
  return [...rejected.values()].reduce((sum, count) => sum + count, 0);
}
