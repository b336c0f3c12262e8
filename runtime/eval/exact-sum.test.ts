import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../testing/random.ts";
import { decodeValue, encodeRecord } from "./codec.ts";
import { ExactSum } from "./exact-sum.ts";

const SEED = 1541;
const TRIALS = 3000;
/** Half a unit of the last place of the greatest double: a sum that reaches so far past it is beyond it. */
const HALF_ULP_OF_MAX = 2 ** 970;
const UNIT_BITS = 1074;

function sumOf(terms: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const term of terms) sum.add(term);
  return sum;
}

function copyOf(sum: ExactSum): ExactSum {
  const saved = decodeValue(encodeRecord(sum.save()));
  return ExactSum.load(Array.isArray(saved) ? saved : []);
}

/** In units of 2^-1074, by repeated multiplication: not as the code under test does it. */
function exactly(x: number): bigint {
  let [whole, exponent] = [x, UNIT_BITS];
  while (!Number.isInteger(whole)) {
    whole *= 2;
    exponent -= 1;
  }
  return BigInt(whole) << BigInt(exponent);
}

/** Whether `x` is the double nearest to a fraction of units, by comparing with its neighbours. */
function isNearest(x: number, units: bigint, divisor: bigint): boolean {
  const distance = (one: number) => {
    const difference = exactly(one) * divisor - units;
    return difference < 0n ? -difference : difference;
  };
  return [neighbour(x, 1n), neighbour(x, -1n)].every((other) => {
    if (!Number.isFinite(other)) return true;
    const [own, others] = [distance(x), distance(other)];
    return own < others || (own === others && isEven(x));
  });
}

const bits = new DataView(new ArrayBuffer(8));

function neighbour(x: number, by: bigint): number {
  if (x === 0) return by > 0n ? Number.MIN_VALUE : -Number.MIN_VALUE;
  bits.setFloat64(0, x);
  bits.setBigInt64(0, bits.getBigInt64(0) + (x > 0 ? by : -by));
  return bits.getFloat64(0);
}

function isEven(x: number): boolean {
  bits.setFloat64(0, x);
  return (bits.getUint8(7) & 1) === 0;
}

/** The doubles end half a unit past the greatest: a sum from there on is beyond them. */
function isBeyond(units: bigint): boolean {
  const end = exactly(Number.MAX_VALUE) + exactly(HALF_ULP_OF_MAX);
  return units >= end || units <= -end;
}

function exponentOf(isLarge: boolean, random: ReturnType<typeof seededRandom>): number {
  if (!isLarge) return Math.floor(-1074 + random.next() * 2097);
  return Math.floor(random.chance(0.8) ? 1020 + random.next() * 4 : 940 + random.next() * 84);
}

/** Terms of all magnitudes, many of them near the greatest and many that cancel. */
function termsOf(random: ReturnType<typeof seededRandom>): number[] {
  const terms: number[] = [];
  const count = 1 + Math.floor(random.next() * 12);
  const isLarge = random.chance(0.5);
  for (let i = 0; i < count; i += 1) {
    const exponent = exponentOf(isLarge && random.chance(0.7), random);
    const term = (random.chance(0.3) ? 1 : 1 + random.next()) * 2 ** exponent;
    const cancelled = random.chance(0.3) ? terms[Math.floor(random.next() * i)] : undefined;
    terms.push(cancelled === undefined ? (random.chance(0.5) ? term : -term) : -cancelled);
  }
  return terms.map((term) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, term)));
}

function shuffled<T>(list: readonly T[], random: ReturnType<typeof seededRandom>): T[] {
  return list
    .map((one) => ({ one, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

describe("ExactSum", () => {
  it("sums what plain addition cannot", () => {
    expect(sumOf([1e16, 1, -1e16]).value()).toBe(1);
    expect(sumOf([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]).value()).toBe(1);
    expect(sumOf([]).value()).toBe(0);
  });

  it("gives the same digits in any order and any split", () => {
    const terms = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 40 });
    fc.assert(
      fc.property(terms, fc.nat(), (values, cut) => {
        const at = values.length === 0 ? 0 : cut % values.length;
        const turned = [...values.slice(at), ...values.slice(0, at)].reverse();
        const merged = sumOf(values.slice(0, at));
        merged.merge(sumOf(values.slice(at)));
        expect(sumOf(turned).value()).toBe(sumOf(values).value());
        expect(merged.value()).toBe(sumOf(values).value());
      }),
    );
  });

  it.each([
    ["up", [1, 2 ** -53, 2 ** -106], 1 + 2 ** -52],
    ["to even, at exactly the half", [1, 2 ** -53], 1],
    ["down", [1, 2 ** -53, -(2 ** -106)], 1],
    ["up, of negative numbers", [-1, -(2 ** -53), 2 ** -106], -1],
    ["down, of negative numbers", [-1, -(2 ** -53), -(2 ** -106)], -1 - 2 ** -52],
    ["up, of large ones", [2 ** 1000, 2 ** 947, 2 ** -1074], 2 ** 1000 + 2 ** 948],
    ["down, of large ones", [2 ** 1000, 2 ** 947, -(2 ** -1074)], 2 ** 1000],
    ["to even, of large ones", [2 ** 1000, 2 ** 947], 2 ** 1000],
  ])("rounds once, by all that is below: %s", (_, terms, expected) => {
    expect(sumOf(terms).value()).toBe(expected);
    expect(sumOf(terms.toReversed()).value()).toBe(expected);
  });

  it("is exact: agrees with integer arithmetic past 2^53", () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger(), { maxLength: 50 }), (values) => {
        const exact = values.reduce((sum, value) => sum + BigInt(value), 0n);
        expect(sumOf(values).value()).toBe(Number(exact));
      }),
    );
  });
});

describe("ExactSum beyond the doubles", () => {
  it.each([
    [[1e308, 1e308, -1.5e308], 5e307],
    [[1e308, -1.5e308, 1e308], 5e307],
    [[-1.5e308, 1e308, 1e308], 5e307],
    [[1e308, 1e308, -1e308, -1e308, 5e-324], 5e-324],
    [[2 ** 961, -(2 ** 960), -(2 ** 960), 1], 1],
  ])("comes back: %j is %d", (terms, expected) => {
    expect(sumOf(terms).value()).toBe(expected);
  });

  it("says when it stays there, from half a unit past the greatest double on", () => {
    expect(sumOf([Number.MAX_VALUE, HALF_ULP_OF_MAX]).value()).toBe(Number.POSITIVE_INFINITY);
    expect(sumOf([-Number.MAX_VALUE, -HALF_ULP_OF_MAX]).value()).toBe(Number.NEGATIVE_INFINITY);
    const less = [Number.MAX_VALUE, HALF_ULP_OF_MAX, -5e-324];
    expect(sumOf(less).value()).toBe(Number.MAX_VALUE);
  });

  it("has a mean that never is", () => {
    expect(sumOf([1e308, 1e308]).mean(2)).toBe(1e308);
    const most = new Array<number>(7).fill(-Number.MAX_VALUE);
    expect(sumOf(most).mean(7)).toBe(-Number.MAX_VALUE);
    expect(sumOf([1, 2]).mean(2)).toBe(1.5);
  });

  it(`is the nearest double in every order, merged and stored: seed ${SEED}`, () => {
    const random = seededRandom(SEED);
    let beyond = 0;
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const terms = termsOf(random);
      const units = terms.reduce((sum, term) => sum + exactly(term), 0n);
      const sum = sumOf(terms);
      const value = sum.value();
      const message = JSON.stringify(terms);
      if (isBeyond(units)) {
        beyond += 1;
        expect(value, message).toBe(
          units > 0n ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
        );
        expect(isNearest(sum.mean(terms.length), units, BigInt(terms.length)), message).toBe(true);
      } else {
        expect(isNearest(value, units, 1n), message).toBe(true);
      }
      const at = Math.floor(random.next() * terms.length);
      const other = shuffled(terms, random);
      const merged = copyOf(sumOf(other.slice(0, at)));
      merged.merge(copyOf(sumOf(other.slice(at))));
      expect(copyOf(merged).value(), message).toBe(value);
      expect(merged.mean(terms.length), message).toBe(sum.mean(terms.length));
    }
    expect(beyond).toBeGreaterThan(TRIALS / 40);
  });

  it("reads what was stored when large terms were among the partials", () => {
    const stored = [2 ** -1000, 1, 2 ** 970, Number.MAX_VALUE];
    const sum = ExactSum.load(stored);
    sum.add(Number.MAX_VALUE);
    sum.add(-Number.MAX_VALUE);
    sum.add(-Number.MAX_VALUE);
    expect(sum.value()).toBe(2 ** 970);
  });

  it("stores the integer only while there is something in it", () => {
    const sum = sumOf([1e308, 1]);
    expect(sum.save()).toHaveLength(2);
    sum.add(-1e308);
    expect(sum.save()).toEqual([1]);
  });
});
