// The aggregates of the language: which run, and which only parse yet.

/** Aggregates that run, and how many positional arguments they take. */
export const AGGREGATES = {
  count: { min: 0, max: 1 },
  sum: { min: 1, max: 1 },
  min: { min: 1, max: 1 },
  max: { min: 1, max: 1 },
  avg: { min: 1, max: 1 },
  first: { min: 1, max: 1 },
  last: { min: 1, max: 1 },
  approx_distinct: { min: 1, max: 1 },
  distinct: { min: 1, max: 1 },
  collect: { min: 1, max: 1 },
} as const;

export type AggregateName = keyof typeof AGGREGATES;

/** Aggregates that parse and are not runnable yet. */
export const LATER_AGGREGATES: ReadonlySet<string> = new Set([
  "stddev",
  "quantile",
  "quantiles",
  "top_k",
  "rate",
]);

export const AGGREGATE_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(AGGREGATES),
  ...LATER_AGGREGATES,
]);

export function isAggregate(name: string): name is AggregateName {
  return Object.hasOwn(AGGREGATES, name);
}
