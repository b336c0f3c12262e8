// What the benchmark runs on: all frames of a recording in memory, and the DID documents of its accounts.

import { openDidFile } from "../../shuffler/adapters/did-file.ts";
import type { Source, SourceItem } from "../../shuffler/sources/source.ts";
import type { DidResolver } from "../../shuffler/verify/key-cache.ts";
import { readRecording } from "../simulated-relay/recording.ts";

export type BenchInput = {
  readonly path: string;
  readonly frames: readonly Uint8Array[];
  readonly documents: DidResolver | null;
};

/** Items a relay hands out at once when it is ahead of us. */
const BATCH_ITEMS = 256;

export async function loadInput(path: string, documents: string | null): Promise<BenchInput> {
  const frames = await readRecording(path);
  return { path, frames, documents: documents === null ? null : await openDidFile(documents) };
}

/** The frames, `passes` times over, as a source. */
export function sourceOf(frames: readonly Uint8Array[], passes: number): Source {
  const items = frames.map((raw, position): SourceItem => ({ kind: "frame", raw, position }));
  return {
    name: "bench",
    live: false,
    batches: async function* () {
      for (let pass = 0; pass < passes; pass += 1) {
        for (let at = 0; at < items.length; at += BATCH_ITEMS) {
          yield items
            .slice(at, at + BATCH_ITEMS)
            .map((item) => ({ ...item, position: pass * items.length + item.position }));
        }
      }
    },
  };
}
