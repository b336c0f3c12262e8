// Compares records of a topic with those of a reference.

import { expect } from "vitest";

type Fields = Readonly<Record<string, unknown>>;

/** The same records, in whatever order: partitions of a topic interleave as they like. */
export function expectSameRecords(actual: readonly Fields[], expected: readonly Fields[]): void {
  expect(actual.map(canonical).sort()).toEqual(expected.map(canonical).sort());
}

/**
 * The same records but for the `approximate` fields, each within 2 % of the expected or, where that is
 * less than one, within one. `keyOf` tells which record is which.
 */
export function expectCloseRecords(
  actual: readonly Fields[],
  expected: readonly Fields[],
  approximate: readonly string[],
): void {
  const exactPart = (record: Fields): string => {
    const exact = Object.entries(record).filter(([name]) => !approximate.includes(name));
    return canonical(Object.fromEntries(exact));
  };
  expect(actual.map(exactPart).sort()).toEqual(expected.map(exactPart).sort());
  const byExactPart = new Map(expected.map((record) => [exactPart(record), record]));
  for (const record of actual) {
    for (const field of approximate) {
      const truth = Number(byExactPart.get(exactPart(record))?.[field]);
      const difference = Math.abs(Number(record[field]) - truth);
      expect(difference, `${field} of ${canonical(record)}`).toBeLessThanOrEqual(allowed(truth));
    }
  }
}

/** HyperLogLog's promise. */
export function allowed(truth: number): number {
  return Math.max(1, truth * 0.02);
}

/** JSON with the keys of the record (and of its window) sorted. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
