import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Malformed } from "../decode/rejection.ts";
import { parseJsonLine } from "./json-line.ts";

function parse(text: string): unknown {
  return parseJsonLine(Buffer.from(text), "line 3");
}

describe("parseJsonLine", () => {
  it("gives what JSON.parse gives, whatever the texts hold", () => {
    const text = fc.string({ unit: fc.constantFrom('"', "\\", ":", "{", "é", "a") });
    const json = fc.jsonValue({ stringUnit: "binary" }).map((value) => JSON.stringify(value));
    const texts = fc.dictionary(text, text).map((value) => JSON.stringify(value));
    const lines = fc.oneof(json, texts).filter((line) => !/\d{16}/.test(line));
    fc.assert(
      fc.property(lines, (line) => {
        expect(parse(line)).toEqual(JSON.parse(line));
      }),
    );
  });

  it("refuses an object with a key twice, however it is written", () => {
    for (const line of [
      '{"a":1,"a":1}',
      '{"a":{"b":[{"c":1,"d":2,"c":3}]}}',
      '{"a":1,"\\u0061":2}',
      '{"":1,"":2}',
      '{"__proto__":1,"__proto__":2}',
      '[{"\\":1,"\\\\":2}]'.replace('"\\":', '"\\\\":'),
    ]) {
      expect(() => parse(line), line).toThrow("line 3: a key that is there twice");
    }
    expect(parse('{"a":{"a":1},"b":[{"a":":"}]}')).toEqual({ a: { a: 1 }, b: [{ a: ":" }] });
  });

  it("gives integers of 64 bits that no double holds as bigints, and other numbers as doubles", () => {
    const numbers: [string, unknown][] = [
      ["9007199254740991", 9_007_199_254_740_991],
      ["9007199254740992", 2n ** 53n],
      ["-9007199254740993", -(2n ** 53n) - 1n],
      ["18446744073709551615", 2n ** 64n - 1n],
      ["18446744073709551616", 2 ** 64],
      ["-9223372036854775808", -(2n ** 63n)],
      ["-9223372036854775809", -(2 ** 63)],
      ["9007199254740993.0", 2 ** 53],
      ["1e300", 1e300],
      ['"9007199254740993"', "9007199254740993"],
    ];
    for (const [text, value] of numbers) expect(parse(`{"a":[${text}]}`)).toEqual({ a: [value] });
  });

  it("refuses what is no JSON or no UTF-8, and what is nested past any stack", () => {
    for (const text of ["NaN", '{"a":Infinity}', '{"a":-Infinity}', "{a:1}", '{"a":1} x', ""]) {
      expect(() => parse(text), text).toThrow("line 3: no JSON");
    }
    expect(() => parseJsonLine(Buffer.from([0x22, 0xff, 0x22]), "line 3")).toThrow(Malformed);
    const deep = (inner: string): string => "[".repeat(300_000) + inner + "]".repeat(300_000);
    for (const line of [deep("1"), deep("9007199254740993")]) {
      try {
        parse(line);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }
  });
});
