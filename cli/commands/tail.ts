// `fpaas tail`: prints the records of a topic as they come.

import { type Command, Option } from "commander";
import type { LogMessage } from "../../runtime/ports.ts";
import { type Backend, openBackend } from "../backend.ts";
import {
  type Context,
  type Finish,
  type NatsOptions,
  newNatsCommand,
  stoppedExit,
} from "../context.ts";
import { findTopic } from "../deployed.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { recordText } from "../terminal/records.ts";
import { parseCount } from "../terminal/units.ts";
import { jsonLine, TopicReader, type TopicRecord } from "../topic-reader.ts";

type Options = NatsOptions & {
  readonly from: "first" | "new";
  readonly limit?: number;
  readonly untilNow?: true;
};

export function tailCommand(context: Context, finish: Finish): Command {
  return newNatsCommand("tail", "print the records of a topic as they come")
    .argument("<topic>", "its name")
    .addOption(
      new Option("--from <where>", "begin with the first record kept, or with new ones")
        .choices(["first", "new"])
        .default("new"),
    )
    .option("--limit <n>", "end after n records", (text) => parseCount(text))
    .option("--until-now", "print what is there now, from the first, and end")
    .action(async (topic: string, options: Options) => finish(await tail(topic, options, context)));
}

async function tail(topic: string, options: Options, context: Context): Promise<ExitCode> {
  await using backend = await openBackend(context, options, "refuse");
  const reader = new TopicReader(new Map([[topic, await findTopic(backend, topic)]]));
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  for await (const batch of batchesOf(reader, options, backend, context.signal)) {
    const contents = batch.map((message) => reader.contentsOf(message));
    for (const line of contents.flatMap(({ unreadable }) => unreadable)) {
      context.terminal.complain(line);
    }
    const records = contents.flatMap((one) => one.records).slice(0, left);
    await context.terminal.data(render(records, options, context));
    left -= records.length;
    if (left === 0) return EXIT.ok;
  }
  return stoppedExit(context);
}

async function* batchesOf(
  { stream, subjects }: TopicReader,
  options: Options,
  { log }: Backend,
  signal: AbortSignal,
): AsyncGenerator<readonly LogMessage[]> {
  if (options.untilNow !== true) {
    const from = options.from === "first" ? 1 : (await log.lastSeq(stream)) + 1;
    yield* log.read(stream, subjects, from, signal);
    return;
  }
  for await (const message of log.readAll(stream, subjects)) {
    if (signal.aborted) return;
    yield [message];
  }
}

function render(records: readonly TopicRecord[], { json }: Options, context: Context): string {
  if (json === true) return records.map(jsonLine).join("");
  return recordText(records, { paint: context.terminal.paintOut });
}
