// `fpaas run`: the same plan in this process, without a server, over a finite source.

import type { Command } from "commander";
import { FIREHOSE_PARTITIONS_DEFAULT, PARTITIONS_MAX } from "../../plan/partition.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { newRelayStats } from "../../shuffler/sources/relay-stats.ts";
import { TimedSource } from "../../shuffler/trusted-time/timed-source.ts";
import { type CommonOptions, type Context, collect, type Finish, newCommand } from "../context.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-codes.ts";
import { exitAfter } from "../nothing-read.ts";
import { loadPlans } from "../programs.ts";
import { LocalRun } from "../run/local-run.ts";
import { wasInterrupted } from "../signals.ts";
import { isRelay, openNoisySource, SOURCE_HELP, specIn } from "../source.ts";
import { parseCount, parseDuration } from "../terminal/units.ts";

type Options = CommonOptions & {
  readonly from: string;
  readonly topic?: string;
  readonly limit?: number;
  readonly for?: number;
  readonly param?: string[];
  readonly partitions: number;
};

export function runCommand(context: Context, finish: Finish): Command {
  return newCommand("run", "run the pipelines of a file in this process, over a recording")
    .argument("<file>", "an .fpl file")
    .requiredOption("--from <source>", `${SOURCE_HELP}; - is standard input`)
    .option("--topic <name>", "print only this topic (dead letters are printed only so)")
    .option("--limit <n>", "end after n records", (text) => parseCount(text))
    .option("--for <duration>", "end after this long, as 30s", parseDuration)
    .option("--param <name=value>", "the value of a param; repeatable", collect)
    .option(
      "--partitions <n>",
      "partitions of the firehose",
      parsePartitions,
      FIREHOSE_PARTITIONS_DEFAULT,
    )
    .action(async (file: string, options: Options) => finish(await run(file, options, context)));
}

async function run(file: string, options: Options, context: Context): Promise<ExitCode> {
  const { plans } = await loadPlans([file], options.param ?? [], context);
  if (isRelay(options.from) && options.limit === undefined && options.for === undefined) {
    throw new CommandError(
      EXIT.usage,
      "a relay never ends: say when to",
      "add --limit 100 or --for 30s",
    );
  }
  const over = new AbortController();
  const timeUp = options.for === undefined ? [] : [AbortSignal.timeout(options.for)];
  const end = AbortSignal.any([context.signal, over.signal, ...timeUp]);
  const stats = newRelayStats();
  const source = new TimedSource({
    source: openNoisySource([specIn(context, options.from)], {
      terminal: context.terminal,
      signal: end,
      stats,
    }),
    clock: systemClock,
  });
  const local = new LocalRun(plans, source, {
    relay: source.live ? stats : null,
    partitions: options.partitions,
    limit: options.limit ?? Number.POSITIVE_INFINITY,
    topic: options.topic ?? null,
    table: context.terminal.interactive && options.json !== true,
    terminal: context.terminal,
  });
  try {
    await local.run(end, stopOf(source, context.signal));
  } finally {
    over.abort(); // A relay would keep the connection for its next frame.
    // Also when the source breaks off: what came before it counts.
    for (const line of local.summary(stats.cidMismatches)) context.terminal.say(line);
  }
  return exitAfter(options.from, local.counters, context);
}

/** Ctrl-C over a relay is as `--for`: there is no other end. Over a file it gives up. */
function stopOf({ live }: TimedSource, signal: AbortSignal): AbortSignal {
  if (!live) return signal;
  const stop = new AbortController();
  const onAbort = (): void => {
    if (!wasInterrupted(signal)) stop.abort();
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return stop.signal;
}

function parsePartitions(text: string): number {
  const count = parseCount(text);
  if (count <= PARTITIONS_MAX) return count;
  throw new CommandError(EXIT.usage, `at most ${PARTITIONS_MAX} partitions`);
}
