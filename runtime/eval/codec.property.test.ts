// What the writer accepts the reader reads: whatever a value is made of, it is refused before it is stored or not at all.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VALUE_DEPTH_MAX } from "./cbor-encode.ts";
import { decodeRows, decodeValue, encodeRecord, encodeRow } from "./codec.ts";
import { EvaluationError } from "./eval-error.ts";
import { NO_ORDER } from "./record-order.ts";
import { INSTANT_MS_MAX, INSTANT_MS_MIN } from "./time.ts";
import { CidLink, Duration, Instant, type Value } from "./values.ts";
import { EncodedRows } from "./view/encoded-rows.ts";

const SEED = 1542;
const RUNS = 1000;
const MS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  0,
  -1,
  INSTANT_MS_MIN,
  INSTANT_MS_MIN - 1,
  INSTANT_MS_MAX,
  INSTANT_MS_MAX + 1,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  2 ** 53,
  1e300,
];
const LINKS = [
  "",
  "b",
  "ba",
  "bai",
  "Qm1",
  "bé",
  "b1",
  "bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5qj3wm6dkw4z2aa",
];

/** Values, and what only looks like one. */
function arbitraryCandidate(): fc.Arbitrary<Value> {
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.double(),
      fc.constantFrom<Value>(null, true, "text", -0, 2 ** 64, -(2 ** 64), 5e-324),
      fc.constantFrom(...MS).map((ms) => new Instant(ms)),
      fc.constantFrom(...MS).map((ms) => new Duration(ms)),
      fc.constantFrom(...LINKS).map((cid) => new CidLink(cid)),
      fc.string({ unit: "binary" }),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
    ),
  }));
  return value;
}

/** How deep a value is put, near the limit or not at all. */
function arbitraryDepth(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constant(0),
    fc.integer({ min: VALUE_DEPTH_MAX - 8, max: VALUE_DEPTH_MAX + 12 }),
  );
}

function wrapped(value: Value, depth: number): Value {
  let outer = value;
  for (let i = 0; i < depth; i += 1) outer = i % 2 === 0 ? [outer] : { a: outer };
  return outer;
}

/** What is written, or null where it is refused as the language refuses. */
function accepted(encode: () => Uint8Array): Uint8Array | null {
  try {
    return encode();
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}

describe(`what the writer accepts the reader reads: seed ${SEED}`, () => {
  it("entries of state", () => {
    let read = 0;
    fc.assert(
      fc.property(arbitraryCandidate(), arbitraryDepth(), (value, depth) => {
        const bytes = accepted(() => encodeRecord(wrapped(value, depth)));
        if (bytes === null) return;
        read += 1;
        expect(encodeRecord(decodeValue(bytes))).toEqual(bytes);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(read).toBeGreaterThan(RUNS / 10);
    expect(read).toBeLessThan(RUNS);
  });

  it("rows of an exchange, in both ways that they are read", () => {
    const rows = new EncodedRows();
    fc.assert(
      fc.property(arbitraryCandidate(), arbitraryDepth(), (value, depth) => {
        const one = wrapped(value, depth);
        const row = { timeMs: 1, order: NO_ORDER, keys: [one], columns: [one] };
        const bytes = accepted(() => encodeRow(row));
        if (bytes === null) return;
        const [back] = decodeRows(bytes);
        expect(rows.read(bytes)).toBe(true);
        expect(rows.row(0)).toEqual(back);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});

describe("what is no value", () => {
  it.each<[string, Value, string]>([
    ["NaN", Number.NaN, "number out of range"],
    ["an infinity", [Number.NEGATIVE_INFINITY], "number out of range"],
    ["an instant past the year 9999", new Instant(INSTANT_MS_MAX + 1), "instant out of range"],
    ["an instant before the year 0", new Instant(INSTANT_MS_MIN - 1), "instant out of range"],
    ["a duration past 2^53 ms", new Duration(2 ** 53), "duration out of range"],
    ["a link without a CID", new CidLink("b"), "invalid CID"],
  ])("%s is refused before it is stored", (_, value, reason) => {
    expect(() => encodeRecord(value)).toThrow(reason);
  });

  it("is not read either: a number that is not finite", () => {
    for (const hex of [
      "f97e00",
      "f97c00",
      "fa7f800000",
      "fb7ff0000000000000",
      "fb7ff8000000000001",
    ]) {
      expect(() => decodeValue(Buffer.from(hex, "hex"))).toThrow("not finite");
    }
  });
});
