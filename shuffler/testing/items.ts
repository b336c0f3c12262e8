// Source items and sources made by hand, for tests.

import type { Source, SourceItem } from "../sources/source.ts";

export function frameItems(frames: readonly Uint8Array[]): SourceItem[] {
  return frames.map((raw, position) => ({ kind: "frame", position, raw }));
}

/** A finite source of these items, `batch` at a time. */
export function sourceOf(items: readonly SourceItem[], batch = 3): Source {
  return {
    name: "test",
    live: false,
    async *batches() {
      for (let at = 0; at < items.length; at += batch) yield items.slice(at, at + batch);
    },
  };
}

/** Everything a source gives until it ends; the error that ended it, if one did. */
export async function readAll(source: Source): Promise<{ items: SourceItem[]; error: unknown }> {
  const items: SourceItem[] = [];
  try {
    for await (const batch of source.batches()) items.push(...batch);
  } catch (error) {
    return { items, error };
  }
  return { items, error: null };
}
