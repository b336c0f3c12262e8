// The shuffler on a NATS server: source → FIREHOSE, from its cursor on.

import { FIREHOSE_STREAM, isEvent } from "../plan/names.ts";
import { duplicateWindowMs } from "../runtime/adapters/nats/inspect.ts";
import { maxPayloadOf } from "../runtime/adapters/nats/max-payload.ts";
import { type InFlight, NatsPublisher } from "../runtime/adapters/nats/publisher.ts";
import { NatsStoredIds } from "../runtime/adapters/nats/stored-ids.ts";
import { systemClock } from "../runtime/adapters/system-clock.ts";
import { BufferedSource, type BufferStats } from "../shuffler/buffer/buffered-source.ts";
import type { Speed } from "../shuffler/pace.ts";
import type { Places, Publisher } from "../shuffler/ports.ts";
import { type Progress, publishSource, STOP_WAIT_MS_MAX } from "../shuffler/publish.ts";
import { RepeatGuard } from "../shuffler/repeat-guard.ts";
import { Shuffler, type ShufflerCounters } from "../shuffler/shuffle.ts";
import type { ShuffledMessage } from "../shuffler/shuffled-message.ts";
import { isRecording } from "../shuffler/sources/open.ts";
import { newRelayStats, type RelayStats } from "../shuffler/sources/relay-stats.ts";
import type { Source } from "../shuffler/sources/source.ts";
import { StoredRevs } from "../shuffler/stored-revs.ts";
import { TimedSource, type TimeStats } from "../shuffler/trusted-time/timed-source.ts";
import { verifiedSource } from "../shuffler/verify/verified-source.ts";
import type { Verifier } from "../shuffler/verify/verifier.ts";
import type { Backend } from "./backend.ts";
import { bufferText, leftOverText, openDiskBuffer } from "./buffer.ts";
import { openCursors } from "./cursors.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { describe } from "./report-error.ts";
import {
  gapText,
  isRelay,
  openNoisySource,
  rejectedText,
  type SourceSpecs,
  supersededText,
} from "./source.ts";
import { storedStates } from "./stored-states.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { formatCount } from "./terminal/units.ts";

export type PublishingOptions = {
  readonly backend: Backend;
  /** What `--from` names, or the relays to read one at a time. */
  readonly from: SourceSpecs;
  /** Null publishes what the source says. */
  readonly verifier: Verifier | null;
  readonly speed: Speed;
  /** Whether the end of the source closes every window. */
  readonly closeWindows: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress, stats: PublishingStats) => void;
  /** For metrics. */
  readonly observer?: PublishingObserver;
  /** Of relays; without it they are held in memory only. */
  readonly buffer?: BufferOptions;
};

export type BufferOptions = {
  /** Null: no disk. */
  readonly folder: string | null;
  readonly diskBytesMax?: number;
  readonly memoryBytesMax?: number;
};

export type PublishingObserver = {
  /** Publishing begins; what is given may be read at any time. */
  attach(live: LivePublishing): void;
  /** The stream has taken a message that it had not got. */
  stored(message: ShuffledMessage, latencyMs: number): void;
};

export type LivePublishing = {
  readonly isRelay: boolean;
  readonly counters: ShufflerCounters;
  stats(): PublishingStats;
};

const NO_BUFFER: BufferOptions = { folder: null };

/** Counters and gauges beside those of the progress. */
export type PublishingStats = OutputStats & {
  readonly relay: RelayStats;
  readonly buffer: BufferStats | null;
  readonly times: TimeStats;
  /** Commits whose signature holds, by the key; null where none are verified. */
  readonly keyUses: Verifier["keyUses"] | null;
};

type OutputStats = {
  readonly inFlight: number;
  /** Messages sent again because no answer came. */
  readonly resends: number;
  /** Messages that the stream had already. */
  readonly duplicates: number;
  /** Those of them that are events. */
  readonly repeated: number;
};

/** Publishes the source to its end, or until the signal aborts. @throws SourceError, NatsRefused */
export async function publishTo(options: PublishingOptions): Promise<Progress> {
  const { backend, from, terminal, signal } = options;
  const cursors = await openCursors(backend, from);
  const saved = cursors.file === null ? null : await cursors.places.load(cursors.file);
  if (saved !== null) terminal.say(`${from[0]}: goes on behind position ${saved.position}`);
  await using input = await openInput(options, cursors.places, saved?.position ?? null);
  await using output = await openOutput(options, input.source);
  const { verifier } = options;
  const isStored = (frame: Uint8Array): boolean => output.guard.isStored(frame);
  // Behind the buffer: the relay is read on while keys are waited for. What is refused has no say in the time.
  const verified =
    verifier === null ? input.source : verifiedSource(input.source, verifier, isStored);
  const source = new TimedSource({
    source: verified,
    clock: systemClock,
    floorMs: verified.live ? await cursors.places.storedTimeMs() : null,
    passedPosition: input.passedPosition,
  });
  const shuffler = new Shuffler({
    partitions: backend.layout.partitions,
    maxPayloadBytes: maxPayloadOf(backend.connection),
    relay: source.name,
    onFirstRejected: (one) => terminal.say(rejectedText(one)),
    onFirstGap: (gap) => terminal.say(gapText(gap)),
    onFirstSuperseded: (state) => terminal.say(supersededText(state)),
  });
  const resumedAtMs = source.live ? await relaysResumedAtMs(backend, cursors.places, from) : null;
  if (resumedAtMs !== null) {
    await output.guard.resume(resumedAtMs, signal);
    const states = storedStates(backend, resumedAtMs, signal);
    for await (const { state, timeMs } of states) shuffler.recall(state, timeMs);
  }
  const { speed, closeWindows, onProgress } = options;
  const stats = () => ({
    relay: input.stats,
    buffer: input.buffer,
    times: source.stats,
    keyUses: verifier?.keyUses ?? null,
    ...output.stats(),
  });
  options.observer?.attach({ isRelay: source.live, counters: shuffler.counters, stats });
  return await publishSource({
    source,
    shuffler,
    publisher: output.publisher,
    cursorStore: cursors.store,
    guard: output.guard,
    clock: systemClock,
    speed,
    closeWindows,
    signal,
    onProgress: (progress) => onProgress(progress, stats()),
    onCursorNotSaved: (error) =>
      terminal.complain(`${from[0]}: the cursor is not saved, trying again: ${describe(error)}`),
  });
}

/** Since when a relay may repeat what is stored: from its cursor on, or the last that any had; null when nothing is. */
async function relaysResumedAtMs(
  { log }: Backend,
  places: Places,
  relays: SourceSpecs,
): Promise<number | null> {
  const storedAtMs = await log.lastStoredMs(FIREHOSE_STREAM);
  if (storedAtMs === null) return null;
  const saved = await Promise.all(relays.map((relay) => places.load(new URL(relay).host)));
  return Math.min(storedAtMs, ...saved.flatMap((place) => place?.savedAtMs ?? []));
}

type Input = AsyncDisposable & {
  readonly source: Source;
  readonly stats: RelayStats;
  /** Null for a file: it waits by itself. */
  readonly buffer: BufferStats | null;
  /** The source begins before it: only what is behind it is to be published. */
  readonly passedPosition: number | null;
};

/** The source; relays behind a buffer. */
async function openInput(
  { from, terminal, signal, buffer }: PublishingOptions,
  places: Places,
  after: number | null,
): Promise<Input> {
  const stats = newRelayStats();
  if (!isRelay(from[0])) {
    // The times of a recording depend on all of it: a run that goes on has to come to the same.
    const passedPosition = (await isRecording(from[0])) ? after : null;
    const openAfter = passedPosition === null ? after : null;
    const source = openNoisySource(from, { after: openAfter, stats, terminal, signal });
    const none = async () => {};
    return { source, stats, buffer: null, passedPosition, [Symbol.asyncDispose]: none };
  }
  const { folder, diskBytesMax, memoryBytesMax } = buffer ?? NO_BUFFER;
  const disk = folder === null ? null : await openDiskBuffer(folder, diskBytesMax);
  if (disk !== null && (disk.queue.recovered > 0 || disk.queue.isTorn)) {
    terminal.say(leftOverText(disk.queue));
  }
  const inner = openNoisySource(from, {
    places: disk?.furtherThan(places) ?? places,
    stats,
    sessionsBefore: disk?.sessions ?? 0,
    terminal,
    signal,
  });
  const source = new BufferedSource({
    source: inner,
    disk: disk?.queue ?? null,
    ...(memoryBytesMax !== undefined && { memoryBytesMax }),
    clock: systemClock,
    signal,
    onNotice: (notice) => {
      if (notice.kind === "paused") terminal.complain(bufferText(notice));
      else terminal.say(bufferText(notice));
    },
  });
  const dispose = async () => await disk?.[Symbol.asyncDispose]();
  const shared = { source, stats, buffer: source.stats, passedPosition: null };
  return { ...shared, [Symbol.asyncDispose]: dispose };
}

type Output = AsyncDisposable & {
  readonly publisher: Publisher;
  readonly guard: RepeatGuard;
  stats(): OutputStats;
};

/** The way into the stream, which stores nothing twice. Gives up a while after the signal has aborted. */
async function openOutput(
  { backend: { connection, log }, terminal, signal, observer }: PublishingOptions,
  { live, name }: Source,
): Promise<Output> {
  const windowMs = await duplicateWindowMs(connection);
  const report = (line: string): void => terminal.complain(line);
  const onProgress = (read: number, of: number): void =>
    terminal.progress(`${formatCount(read)} of ${formatCount(of)} stored messages looked through`);
  const revs = new StoredRevs({
    relay: live ? null : name,
    nowMs: () => (live ? Date.now() : null),
  });
  const ids = new NatsStoredIds(log, { report, onProgress, onEvent: (one) => revs.note(one) });
  const sentIds = new NatsStoredIds(log, { report });
  const guard = new RepeatGuard({ ids, clock: systemClock, windowMs, live, revs });
  const nats = new NatsPublisher(connection, { stored: { ids: sentIds, windowMs } });
  const giveUp = (): void =>
    void setTimeout(() => void nats[Symbol.asyncDispose](), STOP_WAIT_MS_MAX).unref();
  signal.addEventListener("abort", giveUp, { once: true });
  let repeated = 0;
  const onStored = (message: ShuffledMessage, duplicate: boolean, latencyMs: number): void => {
    if (!duplicate) observer?.stored(message, latencyMs);
    else if (isEvent(message)) repeated += 1;
  };
  return {
    publisher: publisherOn(nats, onStored),
    guard,
    stats: () => ({
      inFlight: nats.inFlight,
      resends: nats.resends,
      duplicates: nats.duplicates + guard.repeats,
      repeated: repeated + guard.repeatedEvents,
    }),
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener("abort", giveUp);
      await nats[Symbol.asyncDispose]();
      ids.stop();
      sentIds.stop();
    },
  };
}

/** `1x`, `60x`, `0.5x` or `max`. @throws CommandError (usage) */
export function parseSpeed(text: string): Speed {
  if (text === "max") return "max";
  const factor = Number(/^(\d+(?:\.\d+)?)x$/.exec(text)?.[1]);
  if (factor > 0) return factor;
  throw new CommandError(EXIT.usage, `\`${text}\` is not a speed`, "write 1x, 60x or max");
}

type OnStored = (message: ShuffledMessage, duplicate: boolean, latencyMs: number) => void;

function publisherOn(nats: NatsPublisher, onStored: OnStored): Publisher {
  return {
    publish: async (message, signal) => {
      signal.throwIfAborted();
      const inFlight = await nats.enqueue(message);
      return { stored: stored(inFlight, message, onStored) };
    },
  };
}

async function stored(
  { acked }: InFlight,
  message: ShuffledMessage,
  onStored: OnStored,
): Promise<void> {
  const startMs = performance.now();
  const { duplicate } = await acked;
  onStored(message, duplicate, performance.now() - startMs);
}
