// Some cells of the table of poison; `npm run poison` has all. Each runs in one process, by stage tasks, and by stage tasks
// that are killed, and is compared with plain code.

import { describe, expect, it } from "vitest";
import { PART_BYTES, runCell, WHOLE_BYTES } from "./cell.ts";
import { COLUMNS } from "./columns.ts";
import { ROWS, type Row } from "./rows.ts";
import { tableOf } from "./table.ts";

const SEED = 1;
/** Each row meets one column at least, each column rows of every kind. */
const CELLS: readonly (readonly [row: string, column: string])[] = [
  ["collect, tumbling", "too large"],
  ["last, session", "too large"],
  ["filter", "too large"],
  ["a reader of the topic", "too large"],
  ["distinct, tumbling", "too many values"],
  ["top(10000)", "too many keys"],
  ["count, emit changes", "too many keys"],
  ["to feed", "too many keys"],
  ["unnest in unnest", "too many keys"],
  ["sum, hopping", "not finite"],
  ["avg, tumbling", "not finite"],
  ["stddev, tumbling", "not finite"],
  ["quantiles, session", "not finite"],
  ["window(on:)", "not finite"],
  ["let", "not finite"],
  ["to webhook", "not finite"],
  ["first, windowless", "too deep"],
  ["top_k, hopping", "too deep"],
  ["dedup", "too deep"],
  ["late", "too deep"],
  ["dead letters", "too deep"],
  ["min, tumbling", "too long a key"],
  ["branch", "too long a key"],
  ["approx_distinct, session", "odd keys"],
  ["rate, hopping", "odd keys"],
  ["collect, windowless", "awkward numbers"],
  ["top(10, per)", "awkward numbers"],
];

function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

const cellOf = (row: Row, column: string, bytes: number) =>
  runCell(row, named(COLUMNS, column), bytes, SEED);

describe("hostile records among good ones", () => {
  it.each(CELLS)("have their effect or are put aside: %s, %s", async (row, column) => {
    const cell = await cellOf(named(ROWS, row), column, WHOLE_BYTES);
    expect(cell.wrong).toEqual([]);
    expect(cell.kills).toBeGreaterThan(0);
  });

  it.each([
    ["to topic", "too long a key"],
    ["sum, tumbling", "two such keys"],
    ["collect, session", "too large"],
  ])("so do they where messages are small: %s, %s", async (row, column) => {
    expect((await cellOf(named(ROWS, row), column, PART_BYTES)).wrong).toEqual([]);
  });
});

describe("the table", () => {
  const sum = named(ROWS, "sum, tumbling");

  it("says what has come and what was put aside", async () => {
    const cell = await cellOf(sum, "not finite", WHOLE_BYTES);
    expect(tableOf([cell])).toBe(
      "|  | not finite |\n| --- | --- |\n| sum, tumbling | 4 right; 1 put aside: number out of range |",
    );
  });

  it("notices a result that is not right, one that is missing, and a dead letter too few", async () => {
    const other: Row = {
      ...sum,
      expected: (items, column, bytes) => {
        const { topics, letters } = sum.expected(items, column, bytes);
        const [one, ...others] = topics["p.out"] ?? [];
        if (one === undefined) throw new Error("nothing is expected");
        const wanted = [{ ...one, isRight: () => false }, { ...one, k: "good9" }, ...others];
        return { topics: { "p.out": wanted }, letters: letters + 1 };
      },
    };
    const { wrong } = await cellOf(other, "not finite", WHOLE_BYTES);
    expect(wrong).toEqual([
      expect.stringContaining("is not right"),
      expect.stringContaining('0 of "good9", not 1'),
      expect.stringContaining("1 put aside, not 2"),
    ]);
  });

  it("notices a good key that a hostile record changes", async () => {
    const shared: Row = {
      ...sum,
      program: (column) => sum.program(column).replace("by k as k", "by 'good' as k"),
      expected: () => ({ topics: {}, letters: 1 }),
    };
    const { wrong } = await cellOf(shared, "not finite", WHOLE_BYTES);
    expect(wrong).toContain("p.out: good keys are not as they are alone");
  });
});
