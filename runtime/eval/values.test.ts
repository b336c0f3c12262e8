import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryValue } from "./arbitrary.test-support.ts";
import {
  CidLink,
  canonicalKey,
  compareValues,
  Duration,
  deepEqual,
  Instant,
  isRecord,
  isTruthy,
  orderOrNull,
  type RecordValue,
  setField,
  typeName,
  type Value,
} from "./values.ts";

const CID = "bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5qj3wm6dkw4z2aa";

/** One value of every type, in the order of types. */
const ORDERED: Value[] = [
  null,
  false,
  true,
  -1,
  0,
  2.5,
  "",
  "a",
  "\u{ff21}", // U+FF21 stands before U+1F600, though its UTF-16 code unit is greater
  "\u{1f600}",
  new Instant(-1),
  new Instant(5),
  new Duration(-5),
  new Duration(5),
  Uint8Array.of(),
  Uint8Array.of(1, 2),
  Uint8Array.of(2),
  [],
  [1],
  [1, 2],
  ["a"],
  {},
  { a: 1 },
  { a: 2 },
  { b: 0 },
];

describe("values", () => {
  it("are false as JMESPath says: null, false, and what is empty", () => {
    const falsy: Value[] = [null, false, "", [], {}, Uint8Array.of()];
    const truthy: Value[] = [true, 0, "0", [null], { a: null }, new Instant(0), new Duration(0)];
    expect(falsy.map(isTruthy)).toEqual(falsy.map(() => false));
    expect(truthy.map(isTruthy)).toEqual(truthy.map(() => true));
    expect(isTruthy(new CidLink(CID))).toBe(true);
  });

  it("have JMESPath's type names and ours, a link being a string", () => {
    const names = [null, true, 1, "a", new CidLink(CID), [], {}].map(typeName);
    expect(names).toEqual(["null", "boolean", "number", "string", "string", "array", "object"]);
    const ours = [new Instant(0), new Duration(0), Uint8Array.of()].map(typeName);
    expect(ours).toEqual(["instant", "duration", "bytes"]);
  });

  it("are ordered by type, then by value", () => {
    for (const [i, a] of ORDERED.entries()) {
      for (const [j, b] of ORDERED.entries()) {
        expect([i, j, Math.sign(compareValues(a, b))]).toEqual([i, j, Math.sign(i - j)]);
      }
    }
  });

  it("have an order for `<` only among numbers, strings, instants and durations", () => {
    expect(orderOrNull(1, 2)).toBeLessThan(0);
    expect(orderOrNull("b", "a")).toBeGreaterThan(0);
    expect(orderOrNull(new CidLink("b"), "b")).toBe(0);
    expect(orderOrNull(new Instant(1), new Instant(2))).toBeLessThan(0);
    expect(orderOrNull(new Duration(2), new Duration(1))).toBeGreaterThan(0);
    const without: [Value, Value][] = [
      [1, "1"],
      [null, null],
      [true, false],
      [[1], [2]],
      [{}, {}],
      [new Instant(1), new Duration(2)],
      [Uint8Array.of(1), Uint8Array.of(2)],
    ];
    for (const [a, b] of without) expect(orderOrNull(a, b)).toBeNull();
  });

  it("are equal deeply, links to their strings, objects whatever the order of their fields", () => {
    expect(deepEqual({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] })).toBe(true);
    expect(deepEqual(new CidLink(CID), CID)).toBe(true);
    expect(deepEqual([CID], [new CidLink(CID)])).toBe(true);
    expect(deepEqual({ a: null }, {})).toBe(false);
    expect(deepEqual(0, -0)).toBe(true);
    expect(deepEqual("1", 1)).toBe(false);
    expect(deepEqual(Uint8Array.of(1), Uint8Array.of(1))).toBe(true);
    expect(deepEqual(new Instant(1), new Duration(1))).toBe(false);
  });

  it("keep `__proto__` as a field of its own", () => {
    const record: RecordValue = {};
    setField(record, "__proto__", { admin: true });
    expect(Object.keys(record)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect(isRecord(record)).toBe(true);
  });
});

describe("compareValues", () => {
  it("is a total order that agrees with equality", () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), arbitraryValue(), (a, b, c) => {
        expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) + 0);
        expect(compareValues(a, b) === 0).toBe(deepEqual(a, b));
        const [x, y, z] = [a, b, c].sort(compareValues);
        expect(compareValues(x ?? null, y ?? null)).toBeLessThanOrEqual(0);
        expect(compareValues(x ?? null, z ?? null)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe("canonicalKey", () => {
  // These texts are stored and hashed: a failure here is not fixed by changing what is expected.
  const STORED: [Value[], string][] = [
    [["did:plc:abc"], "sdid:plc:abc"],
    [[""], "s"],
    [["[n]"], "s[n]"],
    [[new CidLink(CID)], `s${CID}`],
    [[], "[]"],
    [[null], "[n]"],
    [[true, false], "[t,f]"],
    [[1, -0, 1.5, 1e21, -3], "[1,0,1.5,1e+21,-3]"],
    [["a", "1"], '["a","1"]'],
    [['q"\\\u0000\ud800', "x"], '["q\\"\\\\\\u0000\\ud800","x"]'],
    [[new CidLink(CID), 1], `["${CID}",1]`],
    [[new Instant(1783000000123)], "[i1783000000123]"],
    [[new Duration(-1500)], "[d-1500]"],
    [[Uint8Array.of(0, 255)], "[b00ff]"],
    [[["a", [null]]], '[["a",[n]]]'],
    [[{ b: 1, a: "x", "\u{1f600}": 2, "\u{ff21}": 3 }], '[{"a":"x","b":1,"Ａ":3,"😀":2}]'],
  ];

  it.each(STORED)("of %j never changes", (values, key) => {
    expect(canonicalKey(values)).toBe(key);
  });

  it("is one text for equal values and different texts for others", () => {
    const lists = fc.array(arbitraryValue(), { maxLength: 3 });
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        expect(canonicalKey(a) === canonicalKey(b)).toBe(deepEqual(a, b));
      }),
      { numRuns: 500 },
    );
  });
});
