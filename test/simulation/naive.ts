// Windows, sessions and the rest in plain loops over lists: the reference of the simulation. Nothing here is
// shared with what is tested.

import type { Entry, SimEvent } from "./events.ts";

/**
 * An event, the greatest time that its partition had come to with it, and the watermark that goes with that: it is
 * late or not by this.
 */
export type Seen = SimEvent & { readonly seenMs: number; readonly watermarkMs: number };
export type Fields = Readonly<Record<string, unknown>>;

/** An instant with what counts there: an event, or a result that goes into a larger window. */
type Timed = { readonly timeMs: number; readonly watermarkMs: number };
/** Where an event stands among all. */
type Position = Pick<Seen, "seenMs" | "seq" | "operation">;

export type WindowShape = {
  readonly sizeMs: number;
  readonly everyMs: number;
  readonly graceMs: number;
};
export type WindowOf<T> = { readonly startMs: number; readonly endMs: number; readonly items: T[] };

const DELAY_MS = 1000;
const NONE = Number.NEGATIVE_INFINITY;

/** The events a source reads, as each of its channels shows them. */
export function seenBy(
  partitions: readonly Entry[][],
  reads: (event: SimEvent) => boolean,
): Seen[] {
  return partitions.flatMap((entries) => {
    let seenMs = NONE;
    const seen: Seen[] = [];
    for (const entry of entries) {
      if (entry.kind === "watermark") seenMs = Math.max(seenMs, entry.watermarkMs + DELAY_MS);
      else if (reads(entry.event)) {
        seenMs = Math.max(seenMs, entry.event.timeMs);
        seen.push({ ...entry.event, seenMs, watermarkMs: seenMs - DELAY_MS });
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
export function sessionsOf<T extends Timed>(
  items: readonly T[],
  { gapMs, maxMs, graceMs }: SessionShape,
): WindowOf<T>[] {
  const inTime = items.filter(({ timeMs, watermarkMs }) => watermarkMs <= timeMs + graceMs);
  const sessions: { startMs: number; endMs: number; items: T[] }[] = [];
  for (const item of inTime.toSorted((a, b) => a.timeMs - b.timeMs)) {
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

/** The first of each key in the order of arrival, then none for `withinMs`. */
export function firstOfEach<T extends Position>(
  items: readonly T[],
  keyOf: (item: T) => string,
  withinMs: number,
): T[] {
  const passed = new Map<string, number>();
  return items.toSorted(byOrder).filter((item) => {
    const last = passed.get(keyOf(item));
    if (last !== undefined && item.seenMs < last + withinMs) return false;
    passed.set(keyOf(item), item.seenMs);
    return true;
  });
}

/**
 * The items of one key parted where there was none for `expireMs`, each part cut at the ticks it was sent.
 * @param instantOf when an item counts: when it was seen, in a reduce without a window
 */
export function ticksOf<T extends Position>(
  items: readonly T[],
  everyMs: number,
  expireMs: number,
  instantOf: (item: T) => number = ({ seenMs }) => seenMs,
): { readonly tickMs: number; readonly sofar: T[] }[] {
  const sent: { tickMs: number; sofar: T[] }[] = [];
  let sofar: T[] = [];
  const ordered = items.toSorted((a, b) => instantOf(a) - instantOf(b) || byOrder(a, b));
  for (const item of ordered) {
    const last = sofar.at(-1);
    if (last !== undefined && instantOf(item) >= instantOf(last) + expireMs) sofar = [];
    sofar = [...sofar, item];
    const tickMs = (Math.floor(instantOf(item) / everyMs) + 1) * everyMs;
    if (sent.at(-1)?.tickMs === tickMs) sent.pop();
    sent.push({ tickMs, sofar });
  }
  return sent;
}

/**
 * What a window with `emit changes` sends and when: what it has at each tick with something new, and at its close.
 * Whoever reads it takes it as seen at that instant less the grace, which at the close is the window's last.
 */
export function changesOf(
  window: WindowOf<Seen>,
  everyMs: number,
  graceMs: number,
): { readonly atMs: number; readonly seenMs: number; readonly sofar: Seen[] }[] {
  const closeMs = window.endMs + graceMs;
  const sent = ticksOf(window.items, everyMs, Number.POSITIVE_INFINITY, knownMs);
  const instants = new Map(sent.map((one) => [Math.min(one.tickMs, closeMs), one.sofar]));
  return [...instants].map(([atMs, sofar]) => {
    const seenMs = Math.min(atMs - graceMs, window.endMs - 1) + DELAY_MS;
    return { atMs, seenMs, sofar };
  });
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

/** The order of arrival. */
export function byOrder(a: Position, b: Position): number {
  return a.seenMs - b.seenMs || a.seq - b.seq || a.operation - b.operation;
}
