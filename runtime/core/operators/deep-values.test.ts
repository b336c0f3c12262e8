// Values as deep as the limit, in the state of operators: what wraps them there must not make them unreadable.

import { describe, expect, it } from "vitest";
import type { Aggregate } from "../../../plan/plan.ts";
import { VALUE_DEPTH_MAX } from "../../eval/cbor-encode.ts";
import { decodeRows, encodeRow, type Row } from "../../eval/codec.ts";
import { NO_ORDER } from "../../eval/record-order.ts";
import type { RecordValue, Value } from "../../eval/values.ts";
import { aggregateFunction } from "../aggregates/aggregate.ts";
import { GroupTable } from "./group-table.ts";
import { Top } from "./top.ts";

function deepest(): Value {
  let value: Value = 1;
  for (let i = 0; i < VALUE_DEPTH_MAX; i += 1) value = { a: value };
  return value;
}

const AGGREGATES: readonly Aggregate[] = [
  { name: "all", fn: "collect", max: 3, column: 0 },
  { name: "first", fn: "first", column: 0 },
  { name: "often", fn: "top_k", k: 3, column: 0 },
  { name: "distinct", fn: "distinct", cap: 3, column: 0 },
];

function tableOf(): GroupTable {
  const columns = AGGREGATES.map((aggregate) => aggregateFunction(aggregate).column());
  return new GroupTable(["k"], AGGREGATES, columns);
}

/** The row as it comes out of an exchange. */
function sent(columns: readonly Value[]): Row {
  const row = { timeMs: 1, order: NO_ORDER, keys: [deepest()], columns: [...columns] };
  const [back] = decodeRows(encodeRow(row));
  if (back === undefined) throw new Error("no row");
  return back;
}

describe("values as deep as the limit", () => {
  it("come back from the state of a group, as its key and in every aggregate", () => {
    const table = tableOf();
    const row = sent([deepest()]);
    const group = table.groupOf(row.keys);
    table.add(group, row);
    table.add(group, row);
    const copy = tableOf();
    copy.load(table.save(group));
    const { fields } = copy.result(0, 0);
    expect(fields).toEqual(table.result(group, 0).fields);
    expect(fields.all).toEqual([deepest(), deepest()]);
  });

  it("come back from the state of `top`", () => {
    const results: RecordValue[] = [];
    const topOf = () => new Top({ op: "top", n: 2 }, (record) => results.push(record));
    const top = topOf();
    top.add(sent([deepest(), 1, null, null]));
    const copy = topOf();
    for (const change of top.entries()) copy.restore(change);
    copy.resume();
    for (const _ of copy.advance(0, 2));
    expect(results).toEqual([deepest()]);
  });
});
