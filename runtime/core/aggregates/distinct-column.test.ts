import fc from "fast-check";
import { expect, it } from "vitest";
import { TEXTS } from "../../../test/support/cbor-cases.ts";
import { arbitraryValue } from "../../eval/arbitrary.test-support.ts";
import { canonicalKey, type Value } from "../../eval/values.ts";
import { DistinctColumn } from "./distinct-column.ts";

const GROUPS = 3;

function columnOf(cap: number, groups = GROUPS): DistinctColumn {
  const column = new DistinctColumn(cap);
  for (let group = 0; group < groups; group += 1) column.create(group);
  return column;
}

/** Adds a text as a row's bytes hold it, somewhere among others; anything else as a value. */
function add(column: DistinctColumn, group: number, value: Value): void {
  const bytes = Buffer.from(`<${typeof value === "string" ? value : ""}>`);
  const isText = typeof value === "string";
  if (isText && column.addText(group, bytes, 1, bytes.length - 1)) return;
  column.add(group, value);
}

it("counts the values of each group, up to its cap, however they come", () => {
  const added = fc.tuple(fc.nat(GROUPS - 1), arbitraryValue());
  const property = fc.property(fc.array(added), fc.integer({ min: 1, max: 5 }), (rows, cap) => {
    const column = columnOf(cap);
    const seen = Array.from({ length: GROUPS }, () => new Set<string>());
    for (const [group, value] of rows) {
      add(column, group, value);
      if ((seen[group]?.size ?? cap) < cap) seen[group]?.add(canonicalKey([value]));
    }
    for (const [group, keys] of seen.entries()) {
      expect(column.result(group)).toBe(keys.size);
      expect(column.save(group)).toEqual([...keys]);
    }
  });
  fc.assert(property);
});

it("counts after a restore, and after a merge, as if all had come to one column", () => {
  const property = fc.property(
    fc.array(arbitraryValue()),
    fc.array(arbitraryValue()),
    fc.integer({ min: 1, max: 8 }),
    (before, after, cap) => {
      const [all, first, restored, merged] = [1, 2, 3, 4].map(() => columnOf(cap));
      if (!all || !first || !restored || !merged) return;
      for (const value of [...before, ...after]) add(all, 1, value);
      for (const value of before) add(first, 2, value);
      restored.restore(1, first.save(2));
      restored.restore(1, first.save(2));
      for (const value of after) add(restored, 1, value);
      for (const value of after) add(merged, 1, value);
      merged.merge(1, first, 2);
      expect(restored.save(1)).toEqual(all.save(1));
      expect(merged.result(1)).toBe(all.result(1));
    },
  );
  fc.assert(property);
});

it("tells the sets of many groups apart, and knows nothing of a group that begins anew", () => {
  const column = columnOf(10, 1000);
  for (let group = 0; group < 1000; group += 1) {
    for (let n = 0; n <= group % 3; n += 1) add(column, group, `value ${n}`);
  }
  const counts = Array.from({ length: 1000 }, (_, group) => column.result(group));
  expect(counts).toEqual(counts.map((_, group) => 1 + (group % 3)));
  column.create(2);
  expect(column.save(2)).toEqual([]);
  add(column, 2, "value 0");
  expect(column.save(2)).toEqual(["svalue 0"]);
});

it("keeps texts of every length, as bytes of a row or as values, once each and whole", () => {
  const texts = TEXTS.filter((text) => text.isWellFormed());
  for (const order of [texts, texts.toReversed()]) {
    const [column, other] = [columnOf(10_000), columnOf(10_000)];
    for (const text of [...order, ...order]) {
      add(column, 1, text);
      other.add(2, text);
    }
    const expected = order.map((text) => canonicalKey([text]));
    expect(column.save(1)).toEqual(expected);
    expect(other.save(2)).toEqual(expected);
    column.merge(0, other, 2);
    expect(column.save(0)).toEqual(expected);
  }
});
