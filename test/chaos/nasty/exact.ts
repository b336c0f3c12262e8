// Sums of doubles in integers: slow, exact, and nothing of ours.

/** Every double is a whole number of these: 2^-1074. */
const UNIT_BITS = 1074;
const MANTISSA_BITS = 53;

/** The exact sum rounded to the nearest double, ties to even; infinite when it is beyond them. */
export function exactSum(numbers: readonly number[]): number {
  return rounded(numbers.map(unitsOf).reduce((sum, units) => sum + units, 0n));
}

/** @param number finite */
function unitsOf(number: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(number));
  const bits = view.getBigUint64(0);
  const exponent = bits >> 52n;
  const fraction = bits & ((1n << 52n) - 1n);
  const units = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return number < 0 ? -units : units;
}

function rounded(units: bigint): number {
  const size = units < 0n ? -units : units;
  const cut = Math.max(0, size.toString(2).length - MANTISSA_BITS);
  let whole = size >> BigInt(cut);
  const rest = size - (whole << BigInt(cut));
  const twice = rest * 2n - (1n << BigInt(cut));
  if (cut > 0 && (twice > 0n || (twice === 0n && whole % 2n === 1n))) whole += 1n;
  const value = Number(whole) * 2 ** (cut - UNIT_BITS);
  return units < 0n ? -value : value;
}
