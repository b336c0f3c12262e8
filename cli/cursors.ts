// The places of the sources a shuffler reads, under their keys in the shared KV bucket.

import { END_OF_TIME_MS, WATERMARK_DELAY_MS } from "../plan/event.ts";
import { FIREHOSE_STREAM, HEADER, watermarkSubject } from "../plan/names.ts";
import { NatsCursorStore } from "../runtime/adapters/nats/cursor-store.ts";
import type { CursorStore, Places } from "../shuffler/ports.ts";
import type { Backend } from "./backend.ts";
import { hostKey, isRelay, type SourceSpecs, sourceKey } from "./source.ts";

export type Cursors = {
  readonly places: Places;
  readonly store: CursorStore;
  /** The name to load the place of a file by; null for relays. */
  readonly file: string | null;
};

/** @throws CommandError when the file cannot be read */
export async function openCursors(backend: Backend, [spec]: SourceSpecs): Promise<Cursors> {
  const store = await NatsCursorStore.open(backend.connection);
  const file = isRelay(spec) ? null : await sourceKey(spec);
  const keyOf = (host: string): string => file ?? hostKey(host);
  return {
    file,
    places: {
      load: (host) => store.load(keyOf(host)),
      storedTimeMs: () => storedTimeMs(backend),
    },
    store: { save: (host, position, numbering) => store.save(keyOf(host), position, numbering) },
  };
}

/** Relay time up to which events are in the stream; null when none are, or nothing more is to come. */
async function storedTimeMs({ log, layout }: Backend): Promise<number | null> {
  const partitions = Array.from({ length: layout.partitions }, (_, partition) => partition);
  const last = await Promise.all(
    partitions.map((partition) => log.last(FIREHOSE_STREAM, watermarkSubject(partition))),
  );
  const times = last.map((message) => Number(message?.headers.get(HEADER.watermark) ?? Number.NaN));
  const least = Math.min(...times);
  return Number.isFinite(least) && least < END_OF_TIME_MS ? least + WATERMARK_DELAY_MS : null;
}
