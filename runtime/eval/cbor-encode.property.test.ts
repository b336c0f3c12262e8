// The writer against a naive encoder, with every kind of item at every fill of its memory where something of it is the
// first not to fit.

import { describe, expect, it } from "vitest";
import {
  ARGUMENTS,
  ascii,
  FLOATS,
  HALF_PAIRS,
  INTEGERS,
  LENGTHS,
  LONG_LENGTHS,
  LONG_TEXTS,
  TEXTS,
} from "../../test/support/cbor-cases.ts";
import { type NaiveItem, naiveCbor, Tagged } from "../../test/support/naive-cbor.ts";
import { cleanBytes, sameBytes } from "../../test/support/poisoned-buffers.ts";
import { CborWriter } from "./cbor-encode.ts";
import { cidText } from "./cid.ts";
import { encodeRecord, encodeRow } from "./codec.ts";
import type { RecordOrder } from "./record-order.ts";
import { CidLink, Duration, Instant, type Value } from "./values.ts";

/** Bytes of room past an item. */
const SPARE = 12;
const LONG_ITEM = 600;
const MIDDLE = 15;

const binaryCid = Uint8Array.from({ length: 36 }, (_, i) => 255 - i);
const LINK = new CidLink(cidText(binaryCid, 0, binaryCid.length));
const NESTED: Value = {
  text: "日本語 and ASCII",
  langs: ["ja", "en", "zh-Hant-TW"],
  天気: [[[["é".repeat(30)]]], {}, [null, true, false, 1, -1, 2 ** 40, 1.5]],
  at: [new Instant(1_783_166_400_123), new Duration(-1500), LINK, binaryCid],
};
const VALUES: Readonly<Record<string, readonly Value[]>> = {
  texts: TEXTS,
  "long texts": LONG_TEXTS,
  "texts of half a surrogate pair": HALF_PAIRS,
  integers: INTEGERS,
  floats: FLOATS,
  "null and booleans": [null, true, false],
  bytes: [...LENGTHS, ...LONG_LENGTHS].map((length) => new Uint8Array(length).fill(0x5c)),
  links: [LINK],
  instants: [0, 1000, 1_783_166_400_123, -1].map((ms) => new Instant(ms)),
  durations: [0, 1, 1000, -1500, 86_400_000].map((ms) => new Duration(ms)),
  lists: LENGTHS.map((length) => Array.from({ length }, (_, i) => i)),
  objects: LENGTHS.map((length) =>
    Object.fromEntries(Array.from({ length }, (_, i) => [`é${i}`, i])),
  ),
  "nested values": [NESTED, [NESTED, NESTED]],
};

function naive(value: Value): NaiveItem {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(naive);
  if (value instanceof CidLink) return new Tagged(42, Uint8Array.from([0, ...binaryCid]));
  if (value instanceof Instant) return new Tagged(1, value.ms / 1000);
  if (value instanceof Duration) return new Tagged(1002, durationOf(value.ms));
  return new Map(Object.entries(value).map(([name, one]) => [name, naive(one)]));
}

/** RFC 9581: whole seconds, and milliseconds on top of them where there are some. */
function durationOf(ms: number): NaiveItem {
  const seconds = Math.floor(ms / 1000);
  const rest = ms - seconds * 1000;
  const whole: [number, number][] = [[1, seconds]];
  return new Map(rest === 0 ? whole : [...whole, [-3, rest]]);
}

/** Room that the writer has left when an item begins. */
function roomsFor(length: number): number[] {
  const all = Array.from({ length: length + SPARE }, (_, room) => room);
  return all.filter((room) => length < LONG_ITEM || room < MIDDLE || Math.abs(room - length) < 3);
}

/** Compares what `write` writes with `expected`, at every fill: at the start, and behind and before other items. */
function checkFills(name: string, expected: Uint8Array, write: (writer: CborWriter) => void): void {
  const before = naiveCbor("before");
  const all = Buffer.concat([before, expected, before, expected]);
  for (const room of roomsFor(expected.length)) {
    const [alone, among] = cleanBytes(() => {
      const first = new CborWriter(room);
      write(first);
      const second = new CborWriter(before.length + room);
      for (let i = 0; i < 2; i += 1) {
        second.value("before");
        write(second);
      }
      const { length } = second;
      write(second);
      second.value("begun, and not to be kept");
      second.resumeAt(length);
      return [first.take(), second.take()] as const;
    });
    const message = `${name} with room for ${room} bytes`;
    if (!sameBytes(alone, expected)) expect.soft(alone, message).toEqual(expected);
    if (!sameBytes(among, all)) expect.soft(among, `${message}, among others`).toEqual(all);
    expect(all.length).toBeGreaterThan(0);
  }
}

describe("at every fill of its memory, the writer writes as the naive encoder", () => {
  it.each(Object.entries(VALUES))("%s", (name, values) => {
    for (const value of values) {
      checkFills(name, naiveCbor(naive(value)), (writer) => writer.value(value));
    }
  });

  it("heads of lists, maps and texts of any size", () => {
    const major = (item: Uint8Array, of: number) =>
      item.map((byte, i) => (i === 0 ? byte + (of << 5) : byte));
    for (const size of ARGUMENTS) {
      const argument = naiveCbor(size);
      checkFills("list", major(argument, 4), (writer) => writer.listHeader(size));
      checkFills("map", major(argument, 5), (writer) => writer.mapHeader(size));
      checkFills("text", major(argument, 3), (writer) => writer.textHeader(size));
    }
  });

  it("ASCII, and what is copied from other memory", () => {
    for (const length of [...LENGTHS, ...LONG_LENGTHS]) {
      const text = ascii(length);
      const bytes = Buffer.from(text);
      const memory = Buffer.concat([Buffer.from("before"), bytes, Buffer.from("behind")]);
      const from = new DataView(memory.buffer, memory.byteOffset, memory.length);
      const [start, end] = [6, 6 + length];
      checkFills("ascii", bytes, (writer) => writer.ascii(text));
      checkFills("raw", bytes, (writer) => writer.raw(memory, start, end));
      checkFills("words", bytes, (writer) => writer.words(from, start, end));
    }
  });
});

const EMPTY = new Uint8Array();
const TIME_MS = 1_783_166_400_123;
const AT_ITS_TIME = { seenMs: TIME_MS, seq: 2 ** 40, place: [0], contents: 0 };
/** Orders of rows, and what is written of them. */
const ORDERS: readonly (readonly [RecordOrder, number | number[]])[] = [
  [AT_ITS_TIME, 2 ** 40],
  [{ ...AT_ITS_TIME, place: [0, 0] }, [0, 2 ** 40, 0, 0, 0]],
  [{ ...AT_ITS_TIME, seenMs: TIME_MS + 950 }, [950, 2 ** 40, 0, 0]],
  [
    { seenMs: 0, seq: 0, place: [0, 300, 0], contents: 2 ** 53 - 1 },
    [-TIME_MS, 0, 2 ** 53 - 1, 0, 300, 0],
  ],
];

describe("what is written one after the other in one memory", () => {
  it("is each what the naive encoder writes: records and rows", () => {
    const values = Object.values(VALUES).flat();
    for (const value of values) {
      expect(
        sameBytes(cleanBytes(() => [encodeRecord(value)])[0] ?? EMPTY, naiveCbor(naive(value))),
      ).toBe(true);
      for (const [order, naiveOrder] of ORDERS) {
        const row = { timeMs: TIME_MS, order, keys: [value], columns: [value, 1] };
        const naiveRow = [TIME_MS, naiveOrder, [naive(value)], [naive(value), 1]];
        expect(sameBytes(cleanBytes(() => [encodeRow(row)])[0] ?? EMPTY, naiveCbor(naiveRow))).toBe(
          true,
        );
      }
    }
  });
});
