import fc from "fast-check";
import { expect, it } from "vitest";
import { arbitraryValue } from "../../eval/arbitrary.test-support.ts";
import { decodeRows, encodeRow, type Row } from "../../eval/codec.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import { canonicalKey, type Value } from "../../eval/values.ts";
import { EncodedRows } from "../../eval/view/encoded-rows.ts";
import { CountColumn } from "../aggregates/column.ts";
import { GroupTable } from "./group-table.ts";

const NUMBER = { name: "n", fn: "count", column: null } as const;

function counting(): GroupTable {
  return new GroupTable(["key", "other"], [NUMBER], [new CountColumn()]);
}

function arbitraryRow(): fc.Arbitrary<Row> {
  const text = fc.constantFrom("", "a", "at://did:plc:abc", "é", "\ufffd", "n", "[n]");
  const key = fc.oneof(text, fc.constantFrom<Value>(0, -1, 1.5, null, true), arbitraryValue());
  const order = fc.record({
    seenMs: fc.constantFrom(0, 1_750_000_000_000, 1_750_000_000_950),
    seq: fc.oneof(fc.nat(), fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 53 - 1)),
    place: fc.array(fc.oneof(fc.nat(3), fc.nat()), { maxLength: 30 }),
    contents: fc.constantFrom(0, 1, 2 ** 53 - 1),
  });
  return fc.record({
    timeMs: fc.constantFrom(0, 1_750_000_000_000),
    order,
    keys: fc.array(key, { minLength: 0, maxLength: 2 }),
    columns: fc.array(arbitraryValue(), { maxLength: 2 }),
  });
}

function messageOf(rows: readonly Row[]): Uint8Array {
  return Buffer.concat(rows.map(encodeRow));
}

it("counts rows of one key together, whether they come as bytes or as values", () => {
  const given = fc.tuple(
    fc.array(arbitraryRow(), { maxLength: 30 }),
    fc.integer({ min: 1, max: 9 }),
  );
  const property = fc.property(given, ([rowsGiven, atOnce]) => {
    const payload = messageOf(rowsGiven);
    const rows = new EncodedRows();
    expect(rows.read(payload)).toBe(true);
    const [table, plain] = [counting(), new Map<string, number>()];
    for (let from = 0; from < rows.count; from += atOnce) {
      table.addRows(rows, from, Math.min(from + atOnce, rows.count));
    }
    for (const row of decodeRows(payload)) {
      const key = canonicalKey(row.keys);
      expect(table.key(table.groupOf(row.keys))).toBe(key);
      plain.set(key, (plain.get(key) ?? 0) + 2);
    }
    for (const row of decodeRows(payload)) table.add(table.groupOf(row.keys), row);
    expect([...plain.keys()]).toEqual(Array.from({ length: table.size }, (_, i) => table.key(i)));
    const counted = Array.from({ length: table.size }, (_, group) => group);
    expect(
      new Map(counted.map((group) => [table.key(group), table.result(group, 0).fields.n])),
    ).toEqual(plain);
    expect(table.takeChanged()).toEqual(counted);
    const restored = counting();
    for (const group of counted) restored.load(table.save(group));
    expect(counted.map((group) => restored.result(group, 0).fields)).toEqual(
      counted.map((group) => table.result(group, 0).fields),
    );
  });
  fc.assert(property, { numRuns: 150 });
});

it("reads as rows exactly what decodes as rows, and nothing past the end", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 });
  const given = fc.tuple(
    fc.array(arbitraryRow(), { minLength: 1, maxLength: 4 }),
    damage,
    fc.nat(),
  );
  const property = fc.property(given, ([rowsGiven, changes, cut]) => {
    const whole = messageOf(rowsGiven);
    for (const [at, byte] of changes) whole[at % whole.length] = byte;
    // What stands behind the end must not matter.
    const payload = whole.subarray(0, cut % 3 === 0 ? cut % whole.length : whole.length);
    const rows = new EncodedRows();
    const read = rows.read(payload);
    const decoded = decodedOrNull(payload);
    if (read && rows.isCombined(rows.count - 1)) return; // damaged into what `decodeRows` does not know
    expect(read).toBe(decoded !== null);
    for (const [i, row] of (decoded ?? []).entries()) {
      expect([rows.timeMs(i), rows.order(i)]).toEqual([row.timeMs, row.order]);
      expect(canonicalKey(rows.keys(i))).toBe(canonicalKey(row.keys));
      expect(canonicalKey(rows.columns(i))).toBe(canonicalKey(row.columns));
    }
  });
  fc.assert(property, { numRuns: 1000 });
});

function decodedOrNull(payload: Uint8Array): Row[] | null {
  try {
    return decodeRows(payload);
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}
