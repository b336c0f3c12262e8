// Compares records of a topic with those of a reference.

import { expect } from "vitest";
import { canonical } from "./difference.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The same records, in whatever order: partitions of a topic interleave as they like. */
export function expectSameRecords(actual: readonly Fields[], expected: readonly Fields[]): void {
  expect(actual.map(canonical).sort()).toEqual(expected.map(canonical).sort());
}

/** The same records but for the `approximate` fields, which hold HyperLogLog estimates. */
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
  for (const field of approximate) {
    const truths = actual.map((record) => Number(byExactPart.get(exactPart(record))?.[field]));
    expectEstimates(
      actual.map((record) => Number(record[field])),
      truths,
    );
  }
}

/** Standard error of `approx_distinct`, which has 2^14 registers. */
const STANDARD_ERROR = 0.0082;

/**
 * Each estimate within three standard errors (or one, where that is less) of the truth, and all together
 * within 2 %.
 */
function expectEstimates(actual: readonly number[], truths: readonly number[]): void {
  expect(actual.length).toBe(truths.length);
  const off = actual.map((estimate, i) => Math.abs(estimate - (truths[i] ?? Number.NaN)));
  const wrong = off.filter((by, i) => !(by <= Math.max(1, 3 * STANDARD_ERROR * (truths[i] ?? 0))));
  expect(wrong).toEqual([]);
  expect(sum(off)).toBeLessThanOrEqual(0.02 * sum(truths));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
