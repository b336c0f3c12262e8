// The shuffler on a NATS server: source → FIREHOSE, from its cursor on.

import { NatsCursorStore } from "../runtime/adapters/nats/cursor-store.ts";
import { type InFlight, NatsPublisher } from "../runtime/adapters/nats/publisher.ts";
import { systemClock } from "../runtime/adapters/system-clock.ts";
import type { Speed } from "../shuffler/pace.ts";
import type { Publisher } from "../shuffler/ports.ts";
import { type Progress, publishSource, STOP_WAIT_MS_MAX } from "../shuffler/publish.ts";
import { Shuffler } from "../shuffler/shuffle.ts";
import type { Backend } from "./backend.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { describe } from "./report-error.ts";
import { openNoisySource, rejectedText, sourceKey } from "./source.ts";
import type { Terminal } from "./terminal/terminal.ts";

export type PublishingOptions = {
  readonly backend: Backend;
  /** What `--from` names. */
  readonly from: string;
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
  const cursorStore = await NatsCursorStore.open(backend.connection, await sourceKey(from));
  const after = await cursorStore.load();
  if (after !== null) terminal.say(`${from}: goes on behind position ${after}`);
  const source = openNoisySource(from, after, terminal, signal);
  const shuffler = new Shuffler({
    partitions: backend.layout.partitions,
    maxPayloadBytes: backend.connection.info?.max_payload ?? 0,
    relay: source.name,
    clock: source.live ? systemClock : null,
    onFirstRejected: (one) => terminal.say(rejectedText(one)),
  });
  const nats = new NatsPublisher(backend.connection);
  const giveUp = (): void =>
    void setTimeout(() => void nats[Symbol.asyncDispose](), STOP_WAIT_MS_MAX).unref();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const publisher = publisherOn(nats);
    const { speed, closeWindows, onProgress } = options;
    const pace = { clock: systemClock, speed, closeWindows, signal, onProgress };
    const onCursorNotSaved = (error: unknown): void =>
      terminal.complain(`${from}: the cursor is not saved, trying again: ${describe(error)}`);
    return await publishSource({
      source,
      shuffler,
      publisher,
      cursorStore,
      ...pace,
      onCursorNotSaved,
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
