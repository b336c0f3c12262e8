// `fpaas run`: the same plan in this process, without a server, over a finite source.

import type { Command } from "commander";
import { FIREHOSE_PARTITIONS_DEFAULT, PARTITIONS_MAX } from "../../plan/partition.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { TimedSource } from "../../shuffler/trusted-time/timed-source.ts";
import {
  type CommonOptions,
  type Context,
  collect,
  type Finish,
  newCommand,
  stoppedExit,
} from "../context.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-codes.ts";
import { loadPlans } from "../programs.ts";
import { LocalRun } from "../run/local-run.ts";
import { isRelay, openNoisySource, specIn } from "../source.ts";
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
    .requiredOption("--from <source>", "a .frames[.zst], .jsonl[.gz|.zst], .car or wss:// URL")
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
  const timeUp = options.for === undefined ? null : AbortSignal.timeout(options.for);
  const end = timeUp === null ? context.signal : AbortSignal.any([context.signal, timeUp]);
  const source = new TimedSource({
    source: openNoisySource([specIn(context, options.from)], {
      terminal: context.terminal,
      signal: end,
    }),
    clock: systemClock,
  });
  const local = new LocalRun(plans, source, {
    partitions: options.partitions,
    limit: options.limit ?? Number.POSITIVE_INFINITY,
    topic: options.topic ?? null,
    terminal: context.terminal,
  });
  try {
    await local.run(end, context.signal);
  } finally {
    // Also when the source breaks off: what came before it counts.
    for (const line of local.summary()) context.terminal.say(line);
  }
  return stoppedExit(context);
}

function parsePartitions(text: string): number {
  const count = parseCount(text);
  if (count <= PARTITIONS_MAX) return count;
  throw new CommandError(EXIT.usage, `at most ${PARTITIONS_MAX} partitions`);
}
