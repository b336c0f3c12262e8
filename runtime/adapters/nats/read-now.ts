// Reads what a stream holds now, and stops. Where to stop is asked of the leader before the read; as the
// message there can be removed meanwhile, it is asked again now and then.

import type { Log, LogMessage } from "../../ports.ts";
import { pause } from "./retry.ts";

const RECHECK_MS = 1000;

/** How to read, of a log from its start to its end. */
type Reading = {
  /** Without end, until the signal aborts. */
  readonly read?: (signal: AbortSignal) => AsyncIterable<readonly LogMessage[]>;
  /** Ends it before. */
  readonly signal?: AbortSignal;
};

/** As `Log.readAll`. @throws LogUnavailable when the log is away for too long */
export async function* readNow(
  log: Log,
  stream: string,
  subjects: readonly string[],
  { read = (until) => log.read(stream, subjects, 1, until), signal }: Reading = {},
): AsyncGenerator<LogMessage> {
  const end = await lastOn(log, stream, subjects);
  if (end === 0) return;
  const stop = new AbortController();
  const progress = { seq: 0 };
  const watching = stopWhenRemoved(log, stream, subjects, progress, stop).then(
    () => null,
    (error: unknown) => {
      stop.abort();
      return { error };
    },
  );
  try {
    const until = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
    for await (const batch of read(until)) {
      for (const message of batch) {
        if (message.seq > end) return;
        progress.seq = message.seq;
        yield message;
      }
      if (progress.seq >= end) return;
    }
  } finally {
    stop.abort();
    await watching;
  }
  const failure = await watching;
  if (failure !== null) throw failure.error;
}

/** The greatest sequence on any of the subjects, 0 when there is none. */
async function lastOn(log: Log, stream: string, subjects: readonly string[]): Promise<number> {
  const found = await Promise.all(subjects.map((subject) => log.last(stream, subject)));
  return Math.max(0, ...found.map((message) => message?.seq ?? 0));
}

/** Stops the read when nothing is left beyond what it has given. */
async function stopWhenRemoved(
  log: Log,
  stream: string,
  subjects: readonly string[],
  progress: { readonly seq: number },
  stop: AbortController,
): Promise<void> {
  for (;;) {
    await pause(RECHECK_MS, stop.signal);
    if (stop.signal.aborted) return;
    if ((await lastOn(log, stream, subjects)) <= progress.seq) stop.abort();
  }
}
