import { describe, expect, it } from "vitest";
import { CidLink, Duration, Instant, type Value } from "../../eval/values.ts";
import { STDDEV_VALUE_MAX } from "../aggregates/stddev.ts";
import { DRAIN } from "../drain-limits.ts";
import type { StageRunner } from "../stage-runner.ts";
import {
  aggregatesOf,
  answersTo,
  MINUTE_MS,
  ONE_BY_ONE,
  payloadsOf,
  planOf,
  rowsOf,
  runnerOf,
  say,
  T0,
} from "./combiner.test-support.ts";
import { COMBINED_PANES_MAX, COMBINED_ROW_BYTES_MAX, COMBINER } from "./combiner.ts";

const COUNTS = planOf(aggregatesOf([]));
const SUMS = planOf(aggregatesOf([{ fn: "sum" }]));
const ALWAYS = { ...COMBINER, rowsPerGroupMin: 0 };

function sayAll(runner: StageRunner, keys: readonly Value[], value: Value = 1): void {
  for (const [seq, key] of keys.entries()) say(runner, { key, value, timeMs: T0 }, seq);
}

function drained(runner: StageRunner) {
  return rowsOf(payloadsOf(runner.drain().messages));
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const times = (count: number, key: Value): Value[] => numbers(count).map(() => key);

describe("rows in front of an exchange", () => {
  it("go as one where one key has 90 % of them, and count as they did", () => {
    const runner = runnerOf(COUNTS, 0);
    const keys = numbers(1000).map((i) => (i % 10 === 0 ? `other ${i % 30}` : "hot"));
    sayAll(runner, keys);
    expect(runner.counters.out).toBe(1000);
    const payloads = payloadsOf(runner.drain().messages);
    expect(rowsOf(payloads)).toEqual({ rows: 4, combined: 4 });
    const plain = runnerOf(planOf([...aggregatesOf([]), ONE_BY_ONE]), 0);
    sayAll(plain, keys);
    const one = payloadsOf(plain.drain().messages);
    expect(rowsOf(one)).toEqual({ rows: 1000, combined: 0 });
    expect(answersTo(COUNTS, payloads)).toEqual(answersTo(COUNTS, one));
    expect(answersTo(COUNTS, payloads).in).toBe("1000");
  });

  it("wait as output does until the drain, which leaves nothing behind", () => {
    const runner = runnerOf(COUNTS, 0);
    expect(runner.outputBytes).toBe(0);
    sayAll(runner, ["a"]);
    const first = runner.outputBytes;
    expect(first).toBeGreaterThan(0);
    sayAll(runner, ["a"]);
    expect(runner.outputBytes).toBeGreaterThan(first);
    expect(drained(runner)).toEqual({ rows: 1, combined: 1 });
    expect(runner.outputBytes).toBe(0);
    expect(drained(runner)).toEqual({ rows: 0, combined: 0 });
  });

  it("fill a commit with as many messages as there are partitions with some", () => {
    const plan = planOf(aggregatesOf([]), false, 7);
    const runner = runnerOf(plan, 0, ALWAYS, { ...DRAIN, messages: 7 });
    sayAll(runner, numbers(6));
    expect(runner.full).toBe(false);
    sayAll(runner, numbers(7));
    expect(runner.full).toBe(true);
    expect(runner.drain().messages.length).toBeLessThanOrEqual(7);
  });

  it.each([0, 1])("are sent when there are as many groups as may wait, and %i more", (more) => {
    const runner = runnerOf(COUNTS, 0, ALWAYS);
    sayAll(runner, numbers(COMBINER.groupsMax - 1));
    const before = runner.outputBytes;
    sayAll(runner, numbers(COMBINER.groupsMax));
    // A row on the wire has a time and two numbers more than what waits.
    expect(runner.outputBytes).toBeGreaterThan(before * 2);
    sayAll(runner, times(3 * more, "next"));
    expect(drained(runner)).toEqual({
      rows: COMBINER.groupsMax + more,
      combined: COMBINER.groupsMax + more,
    });
  });

  it("go one by one where no group may wait", () => {
    const runner = runnerOf(COUNTS, 0, { ...ALWAYS, groupsMax: 0 });
    sayAll(runner, times(5, "a"));
    expect(drained(runner)).toEqual({ rows: 5, combined: 0 });
  });

  it("are sent when as many bytes wait as may, and not one byte before", () => {
    const keyBytes = 1 + "key".length + 1; // the list, the text, the empty list of columns
    const bytesOf = (rows: number): number => keyBytes + rows;
    const flushes = (rows: number): boolean => {
      const runner = runnerOf(COUNTS, 0, { ...ALWAYS, bytesMax: bytesOf(10) });
      sayAll(runner, times(rows, "key"));
      return runner.outputBytes !== bytesOf(rows);
    };
    expect([flushes(9), flushes(10)]).toEqual([false, true]);
  });

  it("stay as they are when one is larger than is summed up", () => {
    const combinedOf = (length: number): number => {
      const runner = runnerOf(COUNTS, 0, ALWAYS);
      sayAll(runner, ["x".repeat(length)]);
      return drained(runner).combined;
    };
    const most = COMBINED_ROW_BYTES_MAX - 5; // two lists, and the three bytes in front of such a text
    expect([combinedOf(most), combinedOf(most + 1)]).toEqual([1, 0]);
  });

  it("stay as they are when they are of one pane more than is summed up", () => {
    const runner = runnerOf(COUNTS, 0, ALWAYS);
    for (const i of numbers(COMBINED_PANES_MAX + 1)) {
      say(runner, { key: "a", value: 1, timeMs: T0 + i * MINUTE_MS }, i);
    }
    say(runner, { key: "a", value: 1, timeMs: T0 }, 1);
    expect(drained(runner)).toEqual({
      rows: COMBINED_PANES_MAX + 1,
      combined: COMBINED_PANES_MAX,
    });
  });
});

describe("where keys hardly repeat", () => {
  it("rows go as they are, for 64 times those that were looked at, and then it is tried again", () => {
    const runner = runnerOf(COUNTS, 0);
    sayAll(runner, numbers(10));
    expect(drained(runner)).toEqual({ rows: 10, combined: 10 });
    sayAll(runner, times(639, "a"));
    expect(drained(runner)).toEqual({ rows: 639, combined: 0 });
    sayAll(runner, times(10, "a"));
    expect(drained(runner)).toEqual({ rows: 2, combined: 1 });
  });

  it("two rows a group are enough to count, four where there are values", () => {
    const goesOn = (plan: typeof COUNTS, rows: number): boolean => {
      const runner = runnerOf(plan, 0);
      sayAll(runner, times(rows, "a"));
      runner.drain();
      sayAll(runner, ["a"]);
      return drained(runner).combined === 1;
    };
    expect([goesOn(COUNTS, 1), goesOn(COUNTS, 2)]).toEqual([false, true]);
    expect([goesOn(SUMS, 3), goesOn(SUMS, 4)]).toEqual([false, true]);
  });
});

describe("a value", () => {
  const combines = (fn: "sum" | "avg" | "max" | "last" | "stddev" | "count", value: Value) => {
    const runner = runnerOf(planOf(aggregatesOf([{ fn }])), 0, ALWAYS);
    sayAll(runner, ["a"], value);
    return drained(runner).combined === 1;
  };

  it("is summed up whatever its size, but for a square that would overflow", () => {
    const { MAX_VALUE } = Number;
    expect([MAX_VALUE, -MAX_VALUE].map((x) => combines("sum", x))).toEqual([true, true]);
    expect(combines("avg", MAX_VALUE)).toBe(true);
    expect(combines("stddev", STDDEV_VALUE_MAX)).toBe(true);
    expect(combines("stddev", STDDEV_VALUE_MAX * 1.01)).toBe(false);
  });

  it("that an aggregate refuses is refused behind the exchange", () => {
    expect(combines("sum", "text")).toBe(false);
    expect(combines("max", [1])).toBe(false);
  });

  it("that is kept has to be small, one that is counted need not", () => {
    const link = new CidLink("bafyreihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee");
    for (const small of ["text", true, new Instant(T0), new Duration(5), link, null]) {
      expect(combines("last", small)).toBe(true);
    }
    expect(combines("last", { a: 1 })).toBe(false);
    expect(combines("count", { a: 1 })).toBe(true);
  });
});
