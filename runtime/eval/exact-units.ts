// Finite doubles as whole numbers, and back: exact where doubles overflow.
//
//   x = units · 2^-1074      2^-1074 is the least double above 0, so units is an integer

const FRACTION_BITS = 52n;
const LEADING_BIT = 1n << FRACTION_BITS;
const EXPONENT_MASK = 0x7ffn;
/** Exponent of a unit. */
const UNIT_EXPONENT = -1074;
/** More bits than a double has: the last of them stands for all that is below it. */
const KEPT_BITS = 64;
const BITS_PER_HEX_DIGIT = 4;

const bits = new DataView(new ArrayBuffer(8));

/** A finite double in units of 2^-1074. */
export function unitsOf(x: number): bigint {
  bits.setFloat64(0, x);
  const all = bits.getBigUint64(0);
  const fraction = all & (LEADING_BIT - 1n);
  const exponent = (all >> FRACTION_BITS) & EXPONENT_MASK;
  // A subnormal number has the exponent of the least normal one, and no leading bit.
  const size = exponent === 0n ? fraction : (fraction | LEADING_BIT) << (exponent - 1n);
  return x < 0 ? -size : size;
}

/** The double nearest to `units · 2^-1074`, half to even; Infinity or -Infinity where it is beyond the doubles. */
export function nearestDouble(units: bigint): number {
  const size = units < 0n ? -units : units;
  const shift = Math.max(0, size.toString(16).length * BITS_PER_HEX_DIGIT - KEPT_BITS);
  const kept = size >> BigInt(shift);
  const isExact = kept << BigInt(shift) === size;
  // Number() rounds half to even. What is kept in full may be subnormal, and then has less bits than a double.
  const rounded = Number(isExact ? kept : kept | 1n);
  const exponent = shift + UNIT_EXPONENT;
  const half = exponent >> 1;
  const magnitude = rounded * 2 ** half * 2 ** (exponent - half);
  return units < 0n ? -magnitude : magnitude;
}
