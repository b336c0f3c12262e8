// The aggregates of the table, each beside what it must give of a group's items by plain code.

import type { Item } from "./columns.ts";

export type AggregateCase = {
  readonly call: string;
  /** Why an item itself is put aside; null where it counts. */
  readonly refuses?: (item: Item) => boolean;
  /** Whether `actual` is right for these items, which are in order. */
  readonly isRight: (actual: unknown, items: readonly Item[]) => boolean;
  /** What it gives, where that may be beyond a limit. */
  readonly value?: (items: readonly Item[]) => unknown;
};

const CAP = 50_000;
const COLLECTED = 1000;
const MOST_FREQUENT = 10;
/** Different values that `top_k` counts exactly. */
const COUNTED_EXACTLY = 2000;
const RELATIVE_ERROR = 0.01;
/** Six standard errors of 0.8 %. */
const APPROXIMATE_ERROR = 0.05;
const STDDEV_MAX = 1e140;
const HOUR_S = 3600;

/** @param seconds of the window that `rate` divides by */
export function aggregatesIn(seconds: number = HOUR_S): Readonly<Record<string, AggregateCase>> {
  return {
    count: of("count(v)", (items) => items.length),
    sum: of("sum(n)", sum),
    avg: of("avg(n)", (items) => averageOf(items)),
    min: { ...of("min(v)", (items) => extreme(items, -1)), refuses: isList },
    max: { ...of("max(v)", (items) => extreme(items, 1)), refuses: isList },
    first: of("first(v)", (items) => items[0]?.v),
    last: of("last(v)", (items) => items.at(-1)?.v),
    approx_distinct: {
      call: "approx_distinct(v)",
      isRight: (actual, items) => isNear(actual, distinct(items).size, APPROXIMATE_ERROR),
    },
    distinct: of(`distinct(v, cap: ${CAP})`, (items) => Math.min(CAP, distinct(items).size)),
    collect: of(`collect(v, max: ${COLLECTED})`, (items) =>
      items.slice(0, COLLECTED).map(({ v }) => v),
    ),
    stddev: {
      call: "stddev(n)",
      refuses: ({ n }) => Math.abs(n) > STDDEV_MAX,
      isRight: (actual, items) => isNear(actual, deviation(items), 1e-9),
    },
    rate: {
      call: "rate(v)",
      isRight: (actual, items) => isNear(actual, items.length / seconds, 1e-12),
    },
    quantile: {
      call: "quantile(n, 0.5)",
      isRight: (actual, items) => isQuantile(actual, items, 0.5),
    },
    quantiles: {
      call: "quantiles(n, [0.5, 0.9])",
      isRight: (actual, items) =>
        Array.isArray(actual) &&
        [0.5, 0.9].every((share, i) => isQuantile(actual[i], items, share)),
    },
    top_k: {
      call: `top_k(v, ${MOST_FREQUENT})`,
      isRight: isMostFrequent,
      value: (items) => items.slice(0, MOST_FREQUENT).map(({ v }) => ({ value: v })),
    },
  };
}

function of(call: string, value: (items: readonly Item[]) => unknown): AggregateCase {
  const isRight = (actual: unknown, items: readonly Item[]): boolean =>
    JSON.stringify(actual ?? null) === JSON.stringify(value(items) ?? null);
  return { call, value, isRight };
}

function isList({ v }: Item): boolean {
  return Array.isArray(v);
}

/** All numbers of the table are whole, so integers of any size sum them exactly. */
function total(items: readonly Item[]): bigint {
  return items.reduce((all, { n }) => all + BigInt(n), 0n);
}

function sum(items: readonly Item[]): number {
  return Number(total(items));
}

/** The quotient of a whole number and a count, with more digits than a double has. */
function averageOf(items: readonly Item[]): number {
  const all = total(items);
  const whole = all / BigInt(items.length);
  return whole > BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : Number(all) / items.length;
}

function extreme(items: readonly Item[], sign: 1 | -1): unknown {
  let [most] = items;
  for (const item of items) {
    const [a, b] = [item.v, most?.v];
    const isGreater = typeof a === "number" ? a > Number(b) : String(a) > String(b);
    if (a !== b && isGreater === (sign === 1)) most = item;
  }
  return most?.v;
}

function distinct(items: readonly Item[]): Set<string> {
  return new Set(items.map(({ v }) => (typeof v === "string" ? v : JSON.stringify(v))));
}

function deviation(items: readonly Item[]): number | null {
  if (items.length < 2) return null;
  const mean = items.reduce((all, { n }) => all + n, 0) / items.length;
  const squares = items.reduce((all, { n }) => all + (n - mean) ** 2, 0);
  return Math.sqrt(squares / (items.length - 1));
}

function isNear(actual: unknown, expected: number | null, error: number): boolean {
  if (expected === null || expected === 0) return actual === expected;
  return typeof actual === "number" && Math.abs(actual - expected) <= error * Math.abs(expected);
}

/** Within 1 % of one of the two values around that place. */
function isQuantile(actual: unknown, items: readonly Item[], share: number): boolean {
  const sorted = items.map(({ n }) => n).sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  return [Math.floor(place), Math.ceil(place)].some((at) =>
    isNear(actual, sorted[at] ?? null, RELATIVE_ERROR),
  );
}

function isMostFrequent(actual: unknown, items: readonly Item[]): boolean {
  if (!Array.isArray(actual)) return false;
  const counts = new Map<string, number>();
  for (const { v } of items)
    counts.set(JSON.stringify(v), (counts.get(JSON.stringify(v)) ?? 0) + 1);
  const isExact = counts.size <= COUNTED_EXACTLY;
  const wanted = [...counts.values()].sort((a, b) => b - a).slice(0, MOST_FREQUENT);
  return (
    actual.length === wanted.length &&
    actual.every(({ value, count, error }, i) => {
      const counted = counts.get(JSON.stringify(value)) ?? 0;
      return isExact
        ? count === wanted[i] && count === counted
        : count <= counted && counted <= count + error;
    })
  );
}
