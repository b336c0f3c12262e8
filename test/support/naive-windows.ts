// Windows, lateness and groups computed the naive way, for the references in tests: lists of what each
// window contains, no panes and no merging. All are aligned to the epoch.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { partitionOf } from "../../plan/partition.ts";

/** Sizes in milliseconds; tumbling is `everyMs` = `sizeMs`. */
export type NaiveWindows = {
  readonly sizeMs: number;
  readonly everyMs: number;
  readonly graceMs: number;
};

/** What counts in windows, and in which partition of the firehose it came. */
type Timed = { readonly timeMs: number; readonly did: string };

type Seen<T> = T & { readonly seenMs: number };

/** A window (milliseconds since the epoch, `endMs` exclusive) with what it contains, in order. */
export type NaiveWindow<T> = { readonly startMs: number; readonly endMs: number; items: T[] };

/** Every window that contains one of the items; earliest first. */
export function naiveWindows<T extends { readonly timeMs: number }>(
  items: readonly T[],
  { sizeMs, everyMs }: NaiveWindows,
): NaiveWindow<T>[] {
  const starts = new Set<number>();
  for (const { timeMs } of items) {
    const last = Math.floor(timeMs / everyMs) * everyMs;
    for (let start = last; start > timeMs - sizeMs; start -= everyMs) starts.add(start);
  }
  const windows = [...starts].sort((a, b) => a - b);
  return windows.map((startMs) => {
    const endMs = startMs + sizeMs;
    const inside = items.filter(({ timeMs }) => timeMs >= startMs && timeMs < endMs);
    return { startMs, endMs, items: inside };
  });
}

/**
 * The events that a pipeline reads, parted by lateness: late is one whose windows are all past their end +
 * grace by the watermark of its partition: the greatest relay time seen there, of what the pipeline reads
 * and of the watermark messages that go everywhere in each new second, less a second. That greatest time is the
 * event's `seenMs`: by it, then by seq and in a commit by operation, goes what is first and last.
 * @param events all of the firehose, in order
 */
export function partByLateness<T extends Timed>(
  events: readonly T[],
  partitions: number,
  { sizeMs, everyMs, graceMs }: NaiveWindows,
  reads: (event: T) => boolean,
): { inTime: Seen<T>[]; late: Seen<T>[] } {
  const seenMs = new Array<number>(partitions).fill(Number.NEGATIVE_INFINITY);
  let greatestMs = Number.NEGATIVE_INFINITY;
  const parted = { inTime: [] as Seen<T>[], late: [] as Seen<T>[] };
  for (const event of events) {
    const { timeMs } = event;
    if (reads(event)) {
      const partition = partitionOf(event.did, partitions);
      const seen = Math.max(seenMs[partition] ?? 0, timeMs);
      const lastEndMs = Math.floor(timeMs / everyMs) * everyMs + sizeMs;
      const isLate = seen - WATERMARK_DELAY_MS >= lastEndMs + graceMs;
      (isLate ? parted.late : parted.inTime).push({ ...event, seenMs: seen });
      seenMs[partition] = seen;
    }
    const isNewSecond = Math.floor(timeMs / 1000) > Math.floor(greatestMs / 1000);
    if (isNewSecond) for (const i of seenMs.keys()) seenMs[i] = Math.max(seenMs[i] ?? 0, timeMs);
    greatestMs = Math.max(greatestMs, timeMs);
  }
  return parted;
}

/** Items by key, in the order the keys first appear. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    group.push(item);
    groups.set(keyOf(item), group);
  }
  return groups;
}

/** The fields every windowed result has, as they are printed. */
export function windowFields({ startMs, endMs }: { startMs: number; endMs: number }) {
  return {
    window: { start: isoTime(startMs), end: isoTime(endMs) },
    time: isoTime(endMs - 1),
  };
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
