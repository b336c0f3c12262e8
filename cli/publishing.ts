// The shuffler on a NATS server: source → FIREHOSE, from its cursor on.

import { duplicateWindowMs } from "../runtime/adapters/nats/inspect.ts";
import { type InFlight, NatsPublisher } from "../runtime/adapters/nats/publisher.ts";
import { NatsStoredIds } from "../runtime/adapters/nats/stored-ids.ts";
import { systemClock } from "../runtime/adapters/system-clock.ts";
import type { Speed } from "../shuffler/pace.ts";
import type { Publisher } from "../shuffler/ports.ts";
import { type Progress, publishSource, STOP_WAIT_MS_MAX } from "../shuffler/publish.ts";
import { RepeatGuard } from "../shuffler/repeat-guard.ts";
import { Shuffler } from "../shuffler/shuffle.ts";
import type { Backend } from "./backend.ts";
import { openCursors } from "./cursors.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { describe } from "./report-error.ts";
import { openNoisySource, rejectedText, type SourceSpecs } from "./source.ts";
import type { Terminal } from "./terminal/terminal.ts";

export type PublishingOptions = {
  readonly backend: Backend;
  /** What `--from` names, or the relays to read one at a time. */
  readonly from: SourceSpecs;
  readonly speed: Speed;
  /** Whether the end of the source closes every window. */
  readonly closeWindows: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
};

/** Publishes the source to its end, or until the signal aborts. @throws SourceError, NatsRefused */
export async function publishTo(options: PublishingOptions): Promise<Progress> {
  const { backend, from, terminal, signal } = options;
  const cursors = await openCursors(backend, from);
  const saved = cursors.file === null ? null : await cursors.places.load(cursors.file);
  if (saved !== null) terminal.say(`${from[0]}: goes on behind position ${saved.position}`);
  const after = saved?.position ?? null;
  const { places } = cursors;
  const source = openNoisySource(from, { after, places, terminal, signal });
  const shuffler = new Shuffler({
    partitions: backend.layout.partitions,
    maxPayloadBytes: backend.connection.info?.max_payload ?? 0,
    relay: source.name,
    clock: source.live ? systemClock : null,
    onFirstRejected: (one) => terminal.say(rejectedText(one)),
  });
  const windowMs = await duplicateWindowMs(backend.connection);
  const report = (line: string): void => terminal.complain(line);
  await using ids = new NatsStoredIds(backend.log, { report });
  const guard = new RepeatGuard({ ids, clock: systemClock, windowMs, live: source.live });
  if (saved !== null) await guard.resume(saved.savedAtMs, signal);
  await using sentIds = new NatsStoredIds(backend.log, { report });
  const nats = new NatsPublisher(backend.connection, { stored: { ids: sentIds, windowMs } });
  const giveUp = (): void =>
    void setTimeout(() => void nats[Symbol.asyncDispose](), STOP_WAIT_MS_MAX).unref();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const { speed, closeWindows, onProgress } = options;
    return await publishSource({
      source,
      shuffler,
      publisher: publisherOn(nats),
      cursorStore: cursors.store,
      guard,
      clock: systemClock,
      speed,
      closeWindows,
      signal,
      onProgress,
      onCursorNotSaved: (error) =>
        terminal.complain(`${from[0]}: the cursor is not saved, trying again: ${describe(error)}`),
    });
  } finally {
    signal.removeEventListener("abort", giveUp);
    await nats[Symbol.asyncDispose]();
  }
}

/** `1x`, `60x`, `0.5x` or `max`. @throws CommandError (usage) */
export function parseSpeed(text: string): Speed {
  if (text === "max") return "max";
  const factor = Number(/^(\d+(?:\.\d+)?)x$/.exec(text)?.[1]);
  if (factor > 0) return factor;
  throw new CommandError(EXIT.usage, `\`${text}\` is not a speed`, "write 1x, 60x or max");
}

function publisherOn(nats: NatsPublisher): Publisher {
  return {
    publish: async (message, signal) => {
      signal.throwIfAborted();
      return { stored: stored(await nats.enqueue(message)) };
    },
  };
}

async function stored({ acked }: InFlight): Promise<void> {
  await acked;
}
