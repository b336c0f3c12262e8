import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AggregateKind } from "../../../plan/plan.ts";
import { decodeValue, encodeRecord } from "../../eval/codec.ts";
import { toJson } from "../../eval/json.ts";
import { NO_ORDER } from "../../eval/record-order.ts";
import type { Value } from "../../eval/values.ts";
import { seededRandom } from "../../testing/random.ts";
import type { Accumulator } from "./accumulator.ts";
import { aggregateFunction } from "./aggregate.ts";
import { STDDEV_VALUE_MAX } from "./stddev.ts";
import { TOP_K_VALUES_MAX } from "./top-k.ts";

const MINUTE_MS = 60_000;

function accumulate(kind: AggregateKind, values: readonly Value[]): Accumulator {
  const accumulator = aggregateFunction(kind).create();
  for (const value of values) accumulator.add(value, NO_ORDER);
  return accumulator;
}

function resultOf(kind: AggregateKind, values: readonly Value[]): Value {
  return accumulate(kind, values).result(MINUTE_MS);
}

const KINDS: readonly AggregateKind[] = [
  { fn: "max" },
  { fn: "stddev" },
  { fn: "rate" },
  { fn: "quantile", q: 0.5 },
  { fn: "quantiles", qs: [0, 0.25, 0.99, 1] },
  { fn: "top_k", k: 3 },
];

describe("what no value came to", () => {
  const kinds: readonly AggregateKind[] = [
    { fn: "avg" },
    { fn: "min" },
    { fn: "max" },
    { fn: "first" },
    { fn: "last" },
    { fn: "stddev" },
    { fn: "quantile", q: 0.5 },
  ];

  it.each(kinds)("has no $fn", (kind) => {
    expect(resultOf(kind, [])).toBeNull();
    const merged = accumulate(kind, []);
    merged.merge(accumulate(kind, []));
    expect(merged.result(MINUTE_MS)).toBeNull();
  });
});

describe("top_k of more values than it counts", () => {
  /** One of them often, the others a few times, and once one more than are counted. */
  const counted = Array.from({ length: TOP_K_VALUES_MAX }, (_, i) =>
    new Array<string>(i === 0 ? 100 : 5).fill(`v${i}`),
  );
  const values = [...counted.flat(), "one more"];
  const kind = { fn: "top_k", k: 10 } as const;

  it("keeps none that has no count left", () => {
    expect(resultOf(kind, values)).toEqual([{ value: "v0", count: 95, error: 5 }]);
  });

  it("adds up the errors of what it merges, so that its bounds hold", () => {
    const merged = accumulate(kind, values);
    merged.merge(accumulate(kind, values));
    expect(merged.result(MINUTE_MS)).toEqual([{ value: "v0", count: 190, error: 10 }]);
  });
});

describe.each(KINDS)("$fn", (kind) => {
  const values = fc.array(
    fc.oneof(fc.integer({ min: -3, max: 9 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
    { maxLength: 60 },
  );

  it("gives the same for every order and every split", () => {
    fc.assert(
      fc.property(values, fc.nat(), (all, cut) => {
        const at = all.length === 0 ? 0 : cut % all.length;
        const merged = accumulate(kind, all.slice(at).reverse());
        merged.merge(accumulate(kind, all.slice(0, at)));
        expect(merged.result(MINUTE_MS)).toEqual(resultOf(kind, all));
      }),
    );
  });

  it("comes back from what it saved, and goes on", () => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        const saved = accumulate(kind, before).save();
        const copy = aggregateFunction(kind).load(decodeValue(encodeRecord(saved)));
        for (const value of after) copy.add(value, NO_ORDER);
        expect(copy.result(MINUTE_MS)).toEqual(resultOf(kind, [...before, ...after]));
      }),
    );
  });
});

describe("stddev", () => {
  it("is that of a sample, and null below two values", () => {
    expect(resultOf({ fn: "stddev" }, [2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2.138089935, 9);
    expect(resultOf({ fn: "stddev" }, [5])).toBe(null);
    expect(resultOf({ fn: "stddev" }, [])).toBe(null);
  });

  it("does not cancel: a small spread around a large mean", () => {
    expect(resultOf({ fn: "stddev" }, [1e15, 1e15 + 1, 1e15 + 2])).toBe(1);
    expect(resultOf({ fn: "stddev" }, [0.1, 0.1, 0.1])).toBe(0);
  });

  it("takes numbers up to its limit and refuses one past it", () => {
    const { refuses } = aggregateFunction({ fn: "stddev" });
    expect(refuses?.(STDDEV_VALUE_MAX)).toBe(null);
    expect(refuses?.(-STDDEV_VALUE_MAX * 1.01)).toBe("stddev() of a number over 1e140");
    expect(refuses?.("1")).toBe("stddev() of something not a number");
    const spread = resultOf({ fn: "stddev" }, [STDDEV_VALUE_MAX, -STDDEV_VALUE_MAX]);
    expect(Number(spread) / (Math.SQRT2 * STDDEV_VALUE_MAX)).toBeCloseTo(1, 12);
  });
});

describe("quantile", () => {
  it("is within 1 % of the value of its rank, for values of either sign and any size", () => {
    const random = seededRandom(11);
    const values = Array.from(
      { length: 5000 },
      () => (random.chance(0.3) ? -1 : 1) * Math.exp(random.next() * 30 - 5),
    );
    const sorted = values.toSorted((a, b) => a - b);
    for (const q of [0, 0.01, 0.25, 0.5, 0.9, 0.999, 1]) {
      const truth = sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
      const estimate = Number(resultOf({ fn: "quantile", q }, values));
      expect(Math.abs(estimate - truth)).toBeLessThanOrEqual(0.0100001 * Math.abs(truth));
    }
  });

  it("keeps its accuracy for values within 6e17 of the greatest, and only there", () => {
    const quantile = (values: number[]): number =>
      Number(resultOf({ fn: "quantile", q: 0 }, values));
    expect(quantile([1e-9, 5.9e8])).toBeCloseTo(1e-9, 10);
    expect(quantile([1e-9, 1e10])).toBeGreaterThan(1.5e-9);
  });

  it("counts zeros, and is null without values", () => {
    expect(resultOf({ fn: "quantile", q: 0.5 }, [-1, 0, 1])).toBe(0);
    expect(resultOf({ fn: "quantile", q: 0.5 }, [])).toBe(null);
    expect(resultOf({ fn: "quantiles", qs: [0, 1] }, [])).toEqual([null, null]);
  });

  it("takes the least and the greatest double", () => {
    const ends = resultOf({ fn: "quantiles", qs: [0, 1] }, [-Number.MAX_VALUE, Number.MAX_VALUE]);
    for (const end of Array.isArray(ends) ? ends : []) {
      expect(Math.abs(Number(end))).toBeGreaterThan(0.99 * Number.MAX_VALUE);
      expect(Number.isFinite(end)).toBe(true);
    }
    expect(resultOf({ fn: "quantile", q: 0.5 }, [Number.MIN_VALUE])).toBe(0);
  });
});

describe("rate", () => {
  it("is per second of the window", () => {
    expect(resultOf({ fn: "rate" }, [true, true, true])).toBe(0.05);
    expect(resultOf({ fn: "rate" }, [])).toBe(0);
  });
});

describe("top_k", () => {
  it("names the most frequent first, ties by value", () => {
    const top = resultOf({ fn: "top_k", k: 3 }, ["b", "a", "c", "c", "d", "a", "b"]);
    expect(toJson(top)).toEqual(["a", "b", "c"].map((value) => ({ value, count: 2, error: 0 })));
  });

  it("is exact up to its limit, and bounds its error one past it", () => {
    const rare = Array.from({ length: TOP_K_VALUES_MAX - 1 }, (_, i) => `rare${i}`);
    const often = Array.from({ length: 50 }, () => "often");
    const exact = resultOf({ fn: "top_k", k: 1 }, [...rare, ...often]);
    expect(exact).toEqual([{ value: "often", count: 50, error: 0 }]);
    const past = resultOf({ fn: "top_k", k: 1 }, [...rare, ...often, "one past"]);
    expect(past).toEqual([{ value: "often", count: 49, error: 1 }]);
  });

  it("keeps count ≤ truth ≤ count + error ≤ count + total / 1000 for any stream, merged or not", () => {
    const random = seededRandom(5);
    const values = Array.from(
      { length: 30_000 },
      () => `v${Math.floor(1 / (random.next() + 1e-5))}`,
    );
    values.push(...Array.from({ length: 30_000 }, (_, i) => `once${i}`));
    const truth = new Map<string, number>();
    for (const value of values) truth.set(value, (truth.get(value) ?? 0) + 1);
    const halves = [values.slice(0, 20_000), values.slice(20_000)];
    const [one, two] = halves.map((half) => accumulate({ fn: "top_k", k: 10 }, half));
    if (one === undefined || two === undefined) throw new Error("two halves");
    one.merge(two);
    for (const top of [one.result(0), resultOf({ fn: "top_k", k: 10 }, values)]) {
      const rows = toJson(top) as { value: string; count: number; error: number }[];
      expect(rows.slice(0, 4).map(({ value }) => value)).toEqual(["v1", "v2", "v3", "v4"]);
      for (const { value, count, error } of rows) {
        expect(count).toBeLessThanOrEqual(truth.get(value) ?? 0);
        expect(truth.get(value) ?? 0).toBeLessThanOrEqual(count + error);
        expect(error).toBeLessThanOrEqual(values.length / 1000);
      }
    }
  });
});
