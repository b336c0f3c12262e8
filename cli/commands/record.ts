// `fpaas record`: writes a relay's frames to a recording, as they come.

import type { Command } from "commander";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { Recorder } from "../../shuffler/recorder.ts";
import type { Source } from "../../shuffler/sources/source.ts";
import {
  type CommonOptions,
  type Context,
  type Finish,
  newCommand,
  stoppedExit,
} from "../context.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-codes.ts";
import { isRelay, openNoisySource, specIn } from "../source.ts";
import { parseCount, parseDuration, plural } from "../terminal/units.ts";

type Options = CommonOptions & { readonly for?: number; readonly limit?: number };

export function recordCommand(context: Context, finish: Finish): Command {
  return newCommand("record", "write a relay's frames to a recording")
    .argument("<source>", "a relay, wss://host")
    .argument("<file>", "the recording, a new .frames.zst")
    .option("--for <duration>", "end after this long, as 30s", parseDuration)
    .option("--limit <n>", "end after n frames", (text) => parseCount(text))
    .action(async (source: string, file: string, options: Options) => {
      finish(await record(source, file, options, context));
    });
}

async function record(
  spec: string,
  file: string,
  options: Options,
  context: Context,
): Promise<ExitCode> {
  if (!isRelay(spec))
    throw new CommandError(EXIT.usage, `\`${spec}\` is no relay`, "write wss://host");
  if (!file.endsWith(".frames.zst")) {
    throw new CommandError(
      EXIT.usage,
      `\`${file}\` is no recording's name`,
      "write NAME.frames.zst",
    );
  }
  const { terminal } = context;
  const enough = new AbortController();
  const timeUp = options.for === undefined ? [] : [AbortSignal.timeout(options.for)];
  const end = AbortSignal.any([context.signal, enough.signal, ...timeUp]);
  const source = openNoisySource([spec], { terminal, signal: end });
  const frames = await write(
    source,
    specIn(context, file),
    options.limit ?? Number.POSITIVE_INFINITY,
    context,
  );
  enough.abort();
  if (options.json === true) await terminal.json({ file, frames });
  terminal.say(`${file}: ${plural(frames, "frame")}`);
  return stoppedExit(context);
}

/** @returns how many frames were written */
async function write(
  source: Source,
  file: string,
  limit: number,
  context: Context,
): Promise<number> {
  await using recorder = await Recorder.create(file, systemClock);
  for await (const batch of source.batches()) {
    for (const { raw } of batch) {
      if (recorder.frames >= limit) return recorder.frames;
      await recorder.write(raw);
    }
    if (recorder.frames >= limit) return recorder.frames;
    context.terminal.progress(`${file}: ${plural(recorder.frames, "frame")}`);
  }
  return recorder.frames;
}
