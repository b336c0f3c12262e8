// The aggregates of the language, and how many positional arguments they take.

export const AGGREGATES = {
  count: { min: 0, max: 1 },
  sum: { min: 1, max: 1 },
  min: { min: 1, max: 1 },
  max: { min: 1, max: 1 },
  avg: { min: 1, max: 1 },
  stddev: { min: 1, max: 1 },
  first: { min: 1, max: 1 },
  last: { min: 1, max: 1 },
  approx_distinct: { min: 1, max: 1 },
  distinct: { min: 1, max: 1 },
  collect: { min: 1, max: 1 },
  quantile: { min: 2, max: 2 },
  quantiles: { min: 2, max: 2 },
  top_k: { min: 2, max: 2 },
  rate: { min: 0, max: 1 },
} as const;

export type AggregateName = keyof typeof AGGREGATES;

export const AGGREGATE_NAMES: ReadonlySet<string> = new Set(Object.keys(AGGREGATES));

export function isAggregate(name: string): name is AggregateName {
  return Object.hasOwn(AGGREGATES, name);
}
