// A source whose frames were verified: in the same order, each as it was or as what is wrong with it. The
// frames of the next chunk are being checked while the reader works on this one.

import type { Source, SourceItem } from "../sources/source.ts";
import type { Verifier } from "./verifier.ts";

/** Frames checked at a time: enough to keep every thread and many DID look-ups busy. */
export const CHUNK_FRAMES = 256;

/** @param isStored whether a frame is stored already, and so was verified: it passes without being asked for */
export function verifiedSource(
  source: Source,
  verifier: Verifier,
  isStored: (frame: Uint8Array) => boolean = () => false,
): Source {
  const work: Work = { isChecking: false };
  return {
    name: source.name,
    live: source.live,
    batches: () => oneAhead(verifiedChunks(source, { verifier, isStored }, work)),
    release: (items) => source.release?.(items),
    quietMs: () => (work.isChecking ? null : (source.quietMs?.() ?? null)),
  };
}

/** Whether some of a batch is not handed out yet. */
type Work = { isChecking: boolean };
type Check = {
  readonly verifier: Verifier;
  readonly isStored: (frame: Uint8Array) => boolean;
};

async function* verifiedChunks(
  source: Source,
  check: Check,
  work: Work,
): AsyncGenerator<SourceItem[]> {
  for await (const batch of source.batches()) {
    work.isChecking = true;
    for (let from = 0; from < batch.length; from += CHUNK_FRAMES) {
      const chunk = batch.slice(from, from + CHUNK_FRAMES);
      yield await Promise.all(chunk.map((item) => verified(item, check)));
    }
    work.isChecking = false;
  }
}

/** An item that proves nothing (a line of Jetstream JSON) passes as it is. */
async function verified(item: SourceItem, { verifier, isStored }: Check): Promise<SourceItem> {
  if (item.kind !== "frame" || isStored(item.raw)) return item;
  const wrong = await verifier.check(item.raw);
  if (wrong === null) return item;
  if (wrong.kind === "refused-ops") return { ...item, refused: wrong };
  return { ...item, kind: "message", message: wrong };
}

async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = source.next();
      // It is thrown where it is awaited; until then it must not count as unhandled.
      next.catch(() => {});
      yield value;
    }
  } finally {
    // Not awaited: a quiet relay would keep us until its next frame.
    source.return(undefined).catch(() => {});
  }
}
