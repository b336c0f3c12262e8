// The writer against a naive encoder, with every kind of item at every fill of a slab where something of it is the
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
import {
  inDagCborOrder,
  type NaiveItem,
  naiveCbor,
  Tagged,
} from "../../test/support/naive-cbor.ts";
import { cleanBytes, sameBytes } from "../../test/support/poisoned-buffers.ts";
import { type CborValue, CidLink, writeValue } from "./encode.ts";
import { CborWriter, fieldName, knownRun, SLAB_BYTES } from "./writer.ts";

/** Reserved for a head, and more. */
const SPARE = 20;
const LONG_ITEM = 600;
const MIDDLE = 15;
const FILLER = new Uint8Array(SLAB_BYTES);

type Case = { readonly value: CborValue; readonly bytes: Uint8Array };

const cid = Uint8Array.from({ length: 36 }, (_, i) => 255 - i);
const byteStrings = [...LENGTHS, ...LONG_LENGTHS].map((length) =>
  new Uint8Array(length).fill(0x5c),
);
const lists = LENGTHS.map((length) => Array.from({ length }, (_, i) => i));
const maps = LENGTHS.map((length) =>
  Object.fromEntries(Array.from({ length }, (_, i) => [`é${i}`, i])),
);
const NESTED: CborValue = {
  text: "日本語 and ASCII",
  langs: ["ja", "en", "zh-Hant-TW"],
  reply: { root: new CidLink(cid), at: [1, -1, 2 ** 40, 1.5, null, true, false] },
  天気: [[[["é".repeat(30)]]], {}, []],
  embed: { $type: "app.bsky.embed.images", bytes: cid, alt: "x".repeat(64) },
};
const VALUES: Readonly<Record<string, readonly CborValue[]>> = {
  texts: TEXTS,
  "long texts": LONG_TEXTS,
  "texts of half a surrogate pair": HALF_PAIRS,
  integers: INTEGERS,
  "integers past 2^53": [2n ** 53n, 2n ** 64n - 1n, -(2n ** 53n) - 1n, -(2n ** 63n), -(2n ** 64n)],
  floats: FLOATS,
  "null and booleans": [null, true, false],
  "byte strings": byteStrings,
  links: [new CidLink(cid), new CidLink(cid.subarray(0, 1))],
  lists,
  maps,
  "nested values": [NESTED, [NESTED, NESTED]],
};

function naive(value: CborValue): NaiveItem {
  if (value instanceof CidLink) return new Tagged(42, Uint8Array.from([0, ...value.cid]));
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(naive);
  return new Map(Object.entries(value).map(([key, one]) => [key, naive(one)]));
}

function titleOf(value: CborValue): string {
  return typeof value === "bigint" ? `${value}` : JSON.stringify(value).slice(0, 60);
}

function caseOf(value: CborValue): Case {
  return { value, bytes: naiveCbor(inDagCborOrder(naive(value))) };
}

/**
 * Bytes left in the slab where the item begins: every number up to its length, behind which all of it fits. Of a long
 * item those where its head or its first bytes do not fit, and those where its last do not.
 */
function fillsFor(length: number): number[] {
  const near = Array.from({ length: length + SPARE }, (_, left) => left);
  const isNear = (left: number) => left < MIDDLE || Math.abs(left - length) < 3;
  return near.filter((left) => left <= SLAB_BYTES && (length < LONG_ITEM || isNear(left)));
}

/** A writer that has `left` bytes of its slab left. @param taken whether what stands before was taken already */
function filled(left: number, taken: boolean): CborWriter {
  const writer = new CborWriter().raw(FILLER.subarray(left));
  if (taken) writer.take();
  return writer;
}

/** Compares what `write` wrote, twice in a row, with `expected`, at every fill. */
function checkFills(name: string, expected: Uint8Array, write: (writer: CborWriter) => void): void {
  for (const left of fillsFor(expected.length)) {
    const all = cleanBytes(() => {
      const writer = filled(left, true);
      const items = [0, 1].map(() => {
        write(writer);
        return writer.take();
      });
      const behind = filled(left, false);
      write(behind);
      return [...items, behind.take().subarray(SLAB_BYTES - left)];
    });
    for (const [i, actual] of all.entries()) {
      if (sameBytes(actual, expected)) continue;
      const which = ["first", "second, behind the first", "end of another item"][i];
      expect
        .soft(actual, `${name}, ${left} bytes from the end of the slab, ${which}`)
        .toEqual(expected);
    }
    expect(all).toHaveLength(3);
  }
}

describe("at every fill of a slab, the writer writes as the naive encoder", () => {
  it.each(Object.entries(VALUES))("%s", (name, values) => {
    for (const { value, bytes } of values.map(caseOf)) {
      checkFills(`${name}: ${titleOf(value)}`, bytes, (writer) => writeValue(writer, value));
    }
  });

  it("what is known beforehand, as names are", () => {
    for (const length of LENGTHS.filter((bytes) => bytes < 256)) {
      const text = ascii(length);
      const run = knownRun(text);
      checkFills(`run of ${length}`, Buffer.from(text), (writer) => writer.known(run));
      const name = fieldName(text);
      checkFills(`name of ${length}`, naiveCbor(text), (writer) => writer.known(name));
    }
  });

  it("ASCII, and what is copied from other memory", () => {
    for (const length of [...LENGTHS, ...LONG_LENGTHS]) {
      const text = ascii(length);
      const memory = Buffer.concat([
        Buffer.from("before"),
        Buffer.from(text),
        Buffer.from("after"),
      ]);
      const from = new DataView(memory.buffer, memory.byteOffset, memory.length);
      const [start, end] = [6, 6 + length];
      const item = naiveCbor(text);
      checkFills(`ascii of ${length}`, item, (writer) => writer.ascii(text));
      checkFills(`copied text of ${length}`, item, (writer) => writer.copiedText(from, start, end));
      checkFills(`copied ${length}`, Buffer.from(text), (writer) =>
        writer.copied(from, start, end),
      );
    }
  });

  it("heads of maps and lists of any size", () => {
    for (const size of ARGUMENTS) {
      const argument = naiveCbor(size);
      const head = (major: number) =>
        Uint8Array.from(argument, (byte, i) => (i === 0 ? byte + (major << 5) : byte));
      checkFills(`list of ${size}`, head(4), (writer) => writer.list(size));
      checkFills(`map of ${size}`, head(5), (writer) => writer.map(size));
    }
  });
});
