// Items whose encodings lie on both sides of every boundary that our CBOR writers know.

/** Of heads (24, 256), of texts written unit by unit (16, 64), of bytes copied by the word. */
export const LENGTHS = [
  0, 1, 7, 8, 9, 15, 16, 17, 22, 23, 24, 25, 62, 63, 64, 65, 254, 255, 256, 257,
];
/** Of a slab (16 384), and of heads (65 536). */
export const LONG_LENGTHS = [16_383, 16_384, 16_385, 65_534, 65_535, 65_536, 65_537];
/** Where heads grow, as far as they can. */
export const ARGUMENTS = [
  0,
  23,
  24,
  0xff,
  0x100,
  0xffff,
  0x1_0000,
  2 ** 32 - 1,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
];
export const INTEGERS = ARGUMENTS.flatMap((value) => [value, -1 - value]).filter(
  Number.isSafeInteger,
);
export const FLOATS = [0.5, -1.5, 1e300, -1e-300, 2 ** 53, -(2 ** 60), Number.MAX_VALUE];

/** ASCII, then two, three and four bytes a character. */
const UNITS = ["x", "é", "天", "🙂"];

/** Texts of every length in bytes and in characters, with what is not ASCII at the beginning, inside and at the end. */
export const TEXTS = unique([
  ...LENGTHS.flatMap(textsOf),
  ...UNITS.flatMap((unit) => LENGTHS.map((units) => unit.repeat(units))),
]);
export const LONG_TEXTS = LONG_LENGTHS.flatMap((length) => [
  ascii(length),
  "天".repeat(length / 3),
]);
/** Not well formed: written as U+FFFD. */
export const HALF_PAIRS = ["\ud83d", `${ascii(22)}\udc00`];

/** A text of so many bytes and as many characters. */
export function ascii(length: number): string {
  return "abcdefghij".repeat(length / 10 + 1).slice(0, length);
}

function textsOf(length: number): string[] {
  return UNITS.flatMap((unit) => {
    const rest = length - Buffer.byteLength(unit);
    if (unit === "x" || rest < 0) return [ascii(length)];
    const half = rest >> 1;
    return [unit + ascii(rest), ascii(half) + unit + ascii(rest - half), ascii(rest) + unit];
  });
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
