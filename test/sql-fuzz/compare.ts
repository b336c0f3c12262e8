// Whether a topic holds what SQL says: as a multiset, exactly but for what the documentation gives a tolerance.

import { canonical } from "../support/difference.ts";
import type { ExpectedRecord } from "./duckdb.ts";
import type { EngineRecord } from "./engine.ts";
import type { Check, Field } from "./fields.ts";

/** `quantile` is within this share of the value (docs/language.md, Aggregates). */
const QUANTILE_SHARE = 0.01;
/** Five standard errors of `approx_distinct`, and what rounding makes of a few values. */
const APPROXIMATE_SHARE = 0.04;
/** `stddev`: SQL adds in floating point. */
const DEVIATION_SHARE = 1e-9;
const SHOWN_MAX = 3;

/** What differs, in words; null when nothing does. */
export function differenceOf(
  topic: string,
  fields: readonly Field[],
  expected: readonly ExpectedRecord[],
  actual: readonly EngineRecord[],
): string | null {
  const checked = fields.filter(({ check }) => check !== undefined && !isExact(check));
  const open = Map.groupBy(expected, (record) => exactPart(record, checked));
  const missing: ExpectedRecord[] = [];
  const wrong: EngineRecord[] = [];
  for (const [key, some] of Map.groupBy(actual, (record) => exactPart(record, checked))) {
    const left = matched(open.get(key) ?? [], some, checked);
    open.delete(key);
    missing.push(...left.missing);
    wrong.push(...left.wrong);
  }
  missing.push(...[...open.values()].flat());
  if (wrong.length + missing.length === 0) return null;
  const lines = [
    `${topic}: of ${expected.length} records ${missing.length} missing, ${wrong.length} wrong`,
  ];
  for (const [what, records] of Object.entries({ missing, wrong })) {
    lines.push(
      ...records
        .map(shown)
        .sort()
        .slice(0, SHOWN_MAX)
        .map((one) => `  ${what}: ${one}`),
    );
  }
  return lines.join("\n");
}

/** Pairs as many as can be: a record near to two that are expected must not take the wrong one of them. */
function matched(
  expected: readonly ExpectedRecord[],
  actual: readonly EngineRecord[],
  checked: readonly Field[],
) {
  /** By place in `expected`: who has it. */
  const taken = new Map<number, EngineRecord>();
  const place = (record: EngineRecord, tried: Set<number>): boolean =>
    expected.some((one, i) => {
      if (tried.has(i) || !checked.every((field) => isNear(field, one, record))) return false;
      tried.add(i);
      const other = taken.get(i);
      if (other !== undefined && !place(other, tried)) return false;
      taken.set(i, record);
      return true;
    });
  const wrong = actual.filter((record) => !place(record, new Set()));
  return { wrong, missing: expected.filter((_, i) => !taken.has(i)) };
}

function shown(record: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(record, (_key, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
}

function isExact(check: Check): boolean {
  return check === "exact sum" || check === "exact average";
}

function exactPart(record: Readonly<Record<string, unknown>>, checked: readonly Field[]): string {
  const rest = Object.entries(record).filter(([name]) => !checked.some(({ fpl }) => fpl === name));
  return canonical(Object.fromEntries(rest));
}

function isNear(field: Field, expected: ExpectedRecord, actual: EngineRecord): boolean {
  const { fpl, check } = field;
  const [a, b] = [expected[fpl] ?? null, actual[fpl] ?? null];
  switch (check) {
    case "quantile":
      return isWithin(a, b, QUANTILE_SHARE);
    case "quantiles":
      return areWithin(a, b, QUANTILE_SHARE);
    case "approximate":
      return isWithin(a, b, APPROXIMATE_SHARE);
    case "deviation":
      return isWithin(a, b, DEVIATION_SHARE);
    case "top_k":
      return isTop(a, b);
    case "first of equals":
    case "last of equals":
      return isOneOf(a as readonly Equal[], [b, actual[field.partner ?? ""]], check);
    case "partner":
      return true;
    case "exact sum":
    case "exact average":
    case undefined:
      break;
  }
  throw new Error(`${fpl} is compared exactly`);
}

/** A record's place in the order, and its values of the two fields. */
type Equal = { readonly o: bigint; readonly a: unknown; readonly b: unknown };

/** Whether a record at the first or last place has these values: which of several is left open, but it is one. */
function isOneOf(
  all: readonly Equal[],
  values: readonly unknown[],
  check: "first of equals" | "last of equals",
): boolean {
  const ordered = all.toSorted((x, y) => Number(x.o - y.o));
  const edge = check === "first of equals" ? ordered[0] : ordered.at(-1);
  return ordered.some(({ o, a, b }) => o === edge?.o && canonical([a, b]) === canonical(values));
}

function isWithin(a: unknown, b: unknown, share: number): boolean {
  if (a === null || b === null) return a === b;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= share * Math.abs(x) + Number.EPSILON;
}

/** Null when nothing came: SQL gives a list of nulls then. */
function areWithin(a: unknown, b: unknown, share: number): boolean {
  if (!(Array.isArray(a) && Array.isArray(b))) return false;
  return a.length === b.length && a.every((one, i) => isWithin(one, b[i] ?? null, share));
}

type Counted = { readonly value: unknown; readonly count: number; readonly error: number };
type Histogram = {
  readonly k: number;
  readonly all: readonly { readonly key: unknown; readonly value: bigint }[];
};

/** The counts of the k most frequent, greatest first, each with a value that came so often. */
function isTop(a: unknown, b: unknown): boolean {
  const [{ k, all }, named] = [a as Histogram, b as readonly Counted[]];
  const counts = all.map(({ value }) => Number(value)).sort((x, y) => y - x);
  if (canonical(named.map(({ count }) => count)) !== canonical(counts.slice(0, k))) return false;
  if (new Set(named.map(({ value }) => canonical(value))).size !== named.length) return false;
  return named.every(
    ({ value, count, error }) =>
      error === 0 && all.some((one) => one.key === value && Number(one.value) === count),
  );
}
