import { cborToLex } from "@atproto/repo";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Malformed } from "../decode/rejection.ts";
import { cborOf } from "../testing/frames.ts";
import { CborCursor } from "./cursor.ts";
import { type CborValue, writeValue } from "./encode.ts";
import { CborWriter } from "./writer.ts";

const DEPTH = 10;

const scalars = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array(),
);

// The reference decoder assigns fields one by one, and so loses one of this name.
const names = fc.string({ maxLength: 30 }).filter((name) => name !== "__proto__");

const { value: values } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(names, tie("value"), { noNullPrototype: true }),
  ),
}));

function cursorOf(...bytes: number[]): CborCursor {
  return new CborCursor(Uint8Array.from(bytes), "bad_record");
}

/** Where checking and skipping one item end, or what they refuse it with. */
function outcome(cursor: CborCursor, start: number): unknown[] {
  const run = (read: () => void): unknown => {
    cursor.at = start;
    try {
      read();
      return cursor.at - start;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return [error.reason, error.message];
    }
  };
  return [run(() => cursor.check(DEPTH)), run(() => cursor.skip()), run(() => cursor.assertEnd())];
}

describe("the CBOR writer", () => {
  it("writes what the reference DAG-CBOR decoder reads back", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(cborToLex(cborOf(value))).toEqual(value);
      }),
    );
  });

  it("writes every number as short as it goes", () => {
    const heads = [23, 24, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, 2 ** 53 - 1];
    expect(heads.map((value) => cborOf(value).length)).toEqual([1, 2, 2, 3, 3, 5, 5, 9, 9]);
    expect(Buffer.from(cborOf(-(2 ** 53) + 1)).toString("hex")).toBe("3b001ffffffffffffe");
    expect(Buffer.from(cborOf(1.5)).toString("hex")).toBe("fb3ff8000000000000");
  });

  it("never writes where something it gave away still stands", () => {
    const sizes = fc.array(fc.oneof(fc.nat(300), fc.nat(40_000)), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.boolean(), (all, ascii) => {
        const texts = all.map((size, i) => (ascii ? `${i}` : "é").repeat(size));
        const writer = new CborWriter();
        const taken = texts.map((text) => {
          writeValue(writer, [text, 2 ** 40]);
          return writer.take();
        });
        expect(taken.map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(
          texts.map((text) => Buffer.from(cborOf([text, 2 ** 40])).toString("hex")),
        );
      }),
    );
  });

  it("puts shorter keys first, then bytewise", () => {
    const keys = Buffer.from(cborOf({ yy: 1, x: 1, z: 1, xx: 1 })).toString("latin1");
    expect(keys.replace(/[^x-z]/g, "")).toBe("xzxxyy");
  });
});

describe("CborCursor", () => {
  it("passes over, and accepts, everything the writer writes, to its last byte", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = cborOf([value]);
        const skipping = new CborCursor(bytes, "bad_record");
        skipping.skip();
        skipping.assertEnd();
        const checking = new CborCursor(bytes, "bad_record");
        checking.check(Number.POSITIVE_INFINITY);
        checking.assertEnd();
      }),
    );
  });

  it("reads a part of some bytes as it does that part alone, whatever stands around it", () => {
    const around = fc.uint8Array({ maxLength: 20 });
    const damage = fc.option(fc.record({ at: fc.nat(), to: fc.nat(255) }));
    fc.assert(
      fc.property(values, around, around, damage, fc.nat(3), (value, before, after, flip, cut) => {
        const whole = Buffer.from(cborOf(value));
        if (flip !== null) whole[flip.at % whole.length] = flip.to;
        const alone = whole.subarray(0, whole.length - (cut % whole.length));
        const bytes = Buffer.concat([before, alone, after]);
        const end = before.length + alone.length;
        const part = () => new CborCursor(bytes, "bad_record", before.length, end);
        expect(outcome(part(), before.length)).toEqual(
          outcome(new CborCursor(alone, "bad_record"), 0),
        );
      }),
      { numRuns: 400 },
    );
  });

  it("says whether the keys of all maps are in DAG-CBOR order", () => {
    const checked = (...parts: (number | string)[]): boolean => {
      const bytes = parts.flatMap((part) =>
        typeof part === "number" ? part : [...Buffer.from(part)],
      );
      const cursor = cursorOf(...bytes);
      cursor.check(DEPTH);
      cursor.assertEnd();
      return cursor.sorted;
    };
    fc.assert(fc.property(values, (value) => checked(...cborOf(value))));
    expect(checked(0xa2, 0x61, "b", 1, 0x62, "aa", 1)).toBe(true);
    expect(checked(0xa2, 0x62, "aa", 1, 0x61, "b", 1)).toBe(false);
    expect(checked(0xa2, 0x62, "ab", 1, 0x62, "aa", 1)).toBe(false);
    expect(checked(0xa2, 0x61, "a", 1, 0x61, "a", 1)).toBe(false);
    expect(checked(0x82, 0xa2, 0x61, "b", 1, 0x61, "a", 1, 0xa1, 0x61, "a", 1)).toBe(false);
    expect(checked(0xa2, 0x61, "a", 0xa2, 0x61, "b", 1, 0x61, "a", 1, 0x61, "c", 1)).toBe(false);
    expect(checked(0x82, 0xa1, 0x61, "b", 1, 0xa1, 0x61, "a", 1)).toBe(true);
  });

  it("refuses every proper prefix", () => {
    const bytes = cborOf({ a: [1, 300, "text"], b: new Uint8Array(30), c: { d: null } });
    for (let length = 0; length < bytes.length; length += 1) {
      const cursor = new CborCursor(bytes.subarray(0, length), "bad_record");
      expect(() => cursor.check(DEPTH)).toThrow(Malformed);
    }
  });

  it.each<[string, number[]]>([
    ["an indefinite list", [0x9f, 0xff]],
    ["a reserved length", [0x1c]],
    ["a number longer than it need be", [0x18, 0x17]],
    ["a two-byte number longer than it need be", [0x19, 0x00, 0xff]],
    ["undefined", [0xf7]],
    ["a half float", [0xf9, 0, 0]],
    ["NaN", [0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
    ["NaN with other bits set", [0xfb, 0xff, 0xf0, 0, 0, 0, 0, 0, 1]],
    ["an infinity", [0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]],
    ["an infinity below zero", [0xfb, 0xff, 0xf0, 0, 0, 0, 0, 0, 0]],
    ["a tag other than 42", [0xc1, 0x00]],
    ["a link without its zero byte", [0xd8, 0x2a, 0x42, 0x01, 0x71]],
    ["a link that is text", [0xd8, 0x2a, 0x61, 0x61]],
    ["a key that is no text", [0xa1, 0x01, 0x01]],
    ["text that is not UTF-8", [0x62, 0xc3, 0x28]],
    ["a list longer than what is left", [0x9a, 0xff, 0xff, 0xff, 0xff]],
    ["a map of more pairs than what is left", [0xa2, 0x61, 0x61, 0x01]],
  ])("refuses %s", (_, bytes) => {
    expect(() => cursorOf(...bytes).check(DEPTH)).toThrow(Malformed);
  });

  it("takes integers of 64 bits in what nobody here counts with, and refuses them elsewhere", () => {
    for (const head of [0x1b, 0x3b]) {
      const past = [head, 0x00, 0x20, 0, 0, 0, 0, 0, 0];
      for (const pass of ["check", "skip"] as const) {
        const cursor = cursorOf(...past);
        cursor[pass](DEPTH);
        cursor.assertEnd();
      }
      expect(() => cursorOf(...past).integer()).toThrow("an integer past 2^53");
    }
    expect(cursorOf(0x1b, 0, 0x1f, 255, 255, 255, 255, 255, 255).integer()).toBe(2 ** 53 - 1);
    expect(() => cursorOf(0x5b, 0, 0x20, 0, 0, 0, 0, 0, 0).check(DEPTH)).toThrow(Malformed);
    expect(() => cursorOf(0xbb, 255, 255, 255, 255, 255, 255, 255, 255).check(DEPTH)).toThrow(
      Malformed,
    );
  });

  it("takes the greatest double", () => {
    const cursor = cursorOf(0xfb, 0x7f, 0xef, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    cursor.check(DEPTH);
    cursor.assertEnd();
    expect(cursor.at).toBe(9);
  });

  it("refuses the wrong type, and reads the right one", () => {
    expect(cursorOf(0x20).integer()).toBe(-1);
    expect(cursorOf(0xf5).boolean()).toBe(true);
    expect(cursorOf(0xf6).tookNull()).toBe(true);
    for (const read of ["integer", "boolean", "mapSize", "cidLink", "byteString"] as const) {
      expect(() => cursorOf(0x61, 0x61)[read]()).toThrow(Malformed);
    }
  });
});
