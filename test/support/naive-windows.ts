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
 * Which of the events are late: every window that contains them is past its end + grace by the greatest
 * relay time seen on their partition, less a second. `events` are all of the firehose, in order.
 */
export function lateAmong<T extends Timed>(
  events: readonly T[],
  partitions: number,
  { sizeMs, everyMs, graceMs }: NaiveWindows,
): Set<T> {
  const greatestMs = new Map<number, number>();
  const late = new Set<T>();
  for (const event of events) {
    const partition = partitionOf(event.did, partitions);
    const before = greatestMs.get(partition) ?? Number.NEGATIVE_INFINITY;
    const lastEndMs = Math.floor(event.timeMs / everyMs) * everyMs + sizeMs;
    if (before - WATERMARK_DELAY_MS >= lastEndMs + graceMs) late.add(event);
    greatestMs.set(partition, Math.max(before, event.timeMs));
  }
  return late;
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
