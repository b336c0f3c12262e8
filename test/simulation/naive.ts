// Windows, sessions and the rest in plain loops over lists: the reference of the simulation. Nothing here is
// shared with what is tested.

import type { Entry, SimEvent } from "./events.ts";

/** An event, and the watermark of its channel when it came. */
export type Seen = SimEvent & { readonly watermarkMs: number };
export type Fields = Readonly<Record<string, unknown>>;

/** An instant with what counts there: an event, or a result that goes into a larger window. */
type Timed = { readonly timeMs: number; readonly watermarkMs: number };
type Ordered = Timed & { readonly seq: number };

export type WindowShape = {
  readonly sizeMs: number;
  readonly everyMs: number;
  readonly graceMs: number;
};
export type WindowOf<T> = { readonly startMs: number; readonly endMs: number; readonly items: T[] };

const DELAY_MS = 1000;
const NONE = Number.NEGATIVE_INFINITY;

/** The events a source reads, with the watermark each of its channels had reached before. */
export function seenBy(
  partitions: readonly Entry[][],
  reads: (event: SimEvent) => boolean,
): Seen[] {
  return partitions.flatMap((entries) => {
    let watermarkMs = NONE;
    const seen: Seen[] = [];
    for (const entry of entries) {
      if (entry.kind === "watermark") watermarkMs = Math.max(watermarkMs, entry.watermarkMs);
      else if (reads(entry.event)) {
        seen.push({ ...entry.event, watermarkMs });
        watermarkMs = Math.max(watermarkMs, entry.event.timeMs - DELAY_MS);
      }
    }
    return seen;
  });
}

/** Every window with what counts in it: what is inside and came before it was closed to its channel. */
export function windowsOf<T extends Timed>(items: readonly T[], shape: WindowShape): WindowOf<T>[] {
  const { sizeMs, everyMs, graceMs } = shape;
  const starts = new Set<number>();
  for (const { timeMs } of items) {
    const last = Math.floor(timeMs / everyMs) * everyMs;
    for (let start = last; start > timeMs - sizeMs; start -= everyMs) starts.add(start);
  }
  const windows = [...starts].map((startMs) => {
    const endMs = startMs + sizeMs;
    const inside = items.filter(
      ({ timeMs, watermarkMs }) =>
        timeMs >= startMs && timeMs < endMs && watermarkMs < endMs + graceMs,
    );
    return { startMs, endMs, items: inside };
  });
  return windows.filter((window) => window.items.length > 0);
}

export type SessionShape = {
  readonly gapMs: number;
  readonly maxMs: number;
  readonly graceMs: number;
};

/** The sessions of one key. */
export function sessionsOf<T extends Ordered>(
  items: readonly T[],
  { gapMs, maxMs, graceMs }: SessionShape,
): WindowOf<T>[] {
  const inTime = items.filter(({ timeMs, watermarkMs }) => watermarkMs <= timeMs + graceMs);
  const sessions: { startMs: number; endMs: number; items: T[] }[] = [];
  for (const item of inTime.toSorted((a, b) => a.timeMs - b.timeMs || a.seq - b.seq)) {
    const open = sessions.at(-1);
    if (open !== undefined && item.timeMs < open.endMs) {
      open.items.push(item);
      open.endMs = Math.min(item.timeMs + gapMs, open.startMs + maxMs);
    } else {
      sessions.push({ startMs: item.timeMs, endMs: item.timeMs + gapMs, items: [item] });
    }
  }
  return sessions;
}

/** The first of each key, then none for `withinMs`; a late one counts at the watermark of its channel. */
export function firstOfEach(
  items: readonly Seen[],
  keyOf: (item: Seen) => string,
  withinMs: number,
): Seen[] {
  const passed = new Map<string, number>();
  return items.toSorted(byKnown).filter((item) => {
    const last = passed.get(keyOf(item));
    if (last !== undefined && knownMs(item) < last + withinMs) return false;
    passed.set(keyOf(item), knownMs(item));
    return true;
  });
}

/** The items of one key parted where there was none for `expireMs`, each part cut at the ticks it was sent. */
export function ticksOf(
  items: readonly Seen[],
  everyMs: number,
  expireMs: number,
): { readonly tickMs: number; readonly sofar: Seen[] }[] {
  const sent: { tickMs: number; sofar: Seen[] }[] = [];
  let sofar: Seen[] = [];
  for (const item of items.toSorted(byKnown)) {
    const last = sofar.at(-1);
    if (last !== undefined && knownMs(item) >= knownMs(last) + expireMs) sofar = [];
    sofar = [...sofar, item];
    const tickMs = (Math.floor(knownMs(item) / everyMs) + 1) * everyMs;
    if (sent.at(-1)?.tickMs === tickMs) sent.pop();
    sent.push({ tickMs, sofar });
  }
  return sent;
}

/** What a window with `emit changes` sends: what it has at each tick with something new, and at its close. */
export function changesOf(window: WindowOf<Seen>, everyMs: number, graceMs: number): Seen[][] {
  const closeMs = window.endMs + graceMs;
  const sent = ticksOf(window.items, everyMs, Number.POSITIVE_INFINITY);
  const instants = new Map(sent.map((one) => [Math.min(one.tickMs, closeMs), one.sofar]));
  return [...instants.values()];
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups];
}

/** The fields that every windowed result has. */
export function windowFields({ startMs, endMs }: { startMs: number; endMs: number }): Fields {
  return { window: { start: iso(startMs), end: iso(endMs) }, time: iso(endMs - 1) };
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function knownMs({ timeMs, watermarkMs }: Seen): number {
  return Math.max(timeMs, watermarkMs);
}

function byKnown(a: Seen, b: Seen): number {
  return knownMs(a) - knownMs(b) || a.seq - b.seq;
}
