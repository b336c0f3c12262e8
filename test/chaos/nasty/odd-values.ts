// Keys, numbers and values that have broken something somewhere, drawn from a seed.

import type { Random } from "../../../runtime/testing/random.ts";
import type { CborValue } from "../../../shuffler/cbor/encode.ts";
import { cborOf } from "../../../shuffler/testing/frames.ts";

/** Of a text that makes its record as large as one may be. */
export const LARGE_TEXT_BYTES = 990_000;

const LONG_CHARS = 10_000;
const LARGE_KEY_CHARS = 300_000;

/** Stands where -0 is to be: our writer says 0 instead of that. */
const MINUS_ZERO = 1.234567890123456e-201;
const MINUS_ZERO_CBOR = Buffer.from("fb8000000000000000", "hex");

const TEXTS: readonly string[] = [
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "a.*.> b\r\nc",
  "\u0000",
  "x\u0000",
  "x",
  "\u0001\u001f\u007f",
  "é",
  "e\u0301",
  "😀",
  "👨‍👩‍👧",
  "\u202eabc",
  "\ufeff",
  "\uffff",
  "null",
  "0",
  "-0",
  "1e308",
  "{}",
  "[]",
  "'\"\\",
  "Ω".repeat(50),
  "%2F",
  ">",
  "*",
  ".",
  "..",
  "a/b",
];

/** `__proto__` computed: else it would be the prototype. */
const SHAPES: readonly CborValue[] = [
  null,
  true,
  false,
  0,
  -1,
  0.1,
  5e-324,
  1e308,
  2 ** 53,
  2 ** 53 + 2,
  {},
  { a: 1 },
  { ["__proto__"]: 1 },
  { "": null },
  [],
  [null],
  [[1]],
  [""],
];

const NUMBERS: readonly number[] = [
  0,
  MINUS_ZERO,
  1,
  -1,
  5e-324,
  -5e-324,
  1e308,
  -1e308,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  0.1,
  0.2,
  1e16,
  1e-300,
  3.5,
  1e140,
];

/** A record in CBOR, with every -0 in it. */
export function oddCbor(record: CborValue): Uint8Array {
  const bytes = Buffer.from(cborOf(record));
  const stands = Buffer.from(cborOf(MINUS_ZERO));
  for (let at = bytes.indexOf(stands); at >= 0; at = bytes.indexOf(stands, at)) {
    bytes.set(MINUS_ZERO_CBOR, at);
  }
  return bytes;
}

/** Few of them, so that they come again; one in fifty is long, and one in a thousand very long. */
export function oddKey(random: Random, length: "short" | "any" = "any"): CborValue {
  if (length === "any" && random.chance(0.02)) return longText(random, LONG_CHARS);
  if (length === "any" && random.chance(0.001)) return longText(random, LARGE_KEY_CHARS);
  return random.chance(0.7) ? pick(random, TEXTS) : pick(random, SHAPES);
}

/** Awkward ones, and as many that are not. */
export function oddNumber(random: Random): number {
  return random.chance(0.4) ? pick(random, NUMBERS) : random.int(2000) / 8 - 100;
}

/** Of every type, some of them nested. */
export function oddValue(random: Random): CborValue {
  if (random.chance(0.3)) return oddNumber(random);
  if (random.chance(0.2)) return [oddKey(random, "short"), { k: oddNumber(random) }];
  return oddKey(random, "short");
}

function longText(random: Random, chars: number): string {
  return pick(random, ["k", "\u0001", "é", "0"]).repeat(chars);
}

function pick<T>(random: Random, list: readonly T[]): T {
  const one = list[random.int(list.length)];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
}
