// Results that are no numbers any more, from state as it may be stored: whatever aggregate gives one, its group is put
// aside.

import { describe, expect, it } from "vitest";
import type { Aggregate } from "../../../plan/plan.ts";
import { encodeRecord } from "../../eval/codec.ts";
import type { Value } from "../../eval/values.ts";
import { aggregateFunction } from "../aggregates/aggregate.ts";
import { GroupTable } from "./group-table.ts";

const MINUTE_MS = 60_000;

/** The result of a group whose state is `saved`. */
function resultOf(aggregate: Aggregate, saved: Value) {
  const count: Aggregate = { name: "n", fn: "count", column: null };
  const aggregates = [aggregate, count];
  const columns = aggregates.map((one) => aggregateFunction(one).column());
  const table = new GroupTable(["k"], aggregates, columns);
  table.load(encodeRecord([["key"], saved, 5, false]));
  return table.result(0, MINUTE_MS);
}

const SATURATED = new Uint8Array(2 ** 14).fill(39);
/** More values than ever come, of the greatest that `stddev` takes: n · Σx² is beyond the doubles. */
const MANY = 1e15;

describe("the result of a group from stored state", () => {
  it.each<[Aggregate["fn"], Aggregate, Value]>([
    ["sum", { name: "x", fn: "sum", column: 0 }, [1e308, 9e307]],
    ["approx_distinct", { name: "x", fn: "approx_distinct", column: 0 }, SATURATED],
    ["stddev", { name: "x", fn: "stddev", column: 0 }, [MANY, [0], [1e300]]],
  ])("is put aside where it is no number: %s", (fn, aggregate, saved) => {
    const { fields, error } = resultOf(aggregate, saved);
    expect(error).toMatchObject({ reason: "number out of range", detail: `${fn}() in field x` });
    expect(fields).toEqual({ k: "key", n: 5 });
  });

  it.each<[Aggregate["fn"], Aggregate, Value, Value]>([
    ["sum", { name: "x", fn: "sum", column: 0 }, [-1e308, 5e307], -5e307],
    ["avg", { name: "x", fn: "avg", column: 0 }, [2, 1e308, 9e307], 9.5e307],
    ["avg", { name: "x", fn: "avg", column: 0 }, [0], null],
  ])("is what it was where it is one: %s", (_, aggregate, saved, expected) => {
    const { fields, error } = resultOf(aggregate, saved);
    expect(error).toBeNull();
    expect(fields).toEqual({ k: "key", x: expected, n: 5 });
  });
});
