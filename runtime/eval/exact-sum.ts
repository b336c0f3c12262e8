// A sum that does not depend on the order of its terms: the exact sum, rounded once.
//
//   sum = Σ partials + large · 2^908
//
// Shewchuk, "Adaptive Precision Floating-Point Arithmetic" (1997): the running sum is kept as
// non-overlapping partials, smallest first. Partitions of a stage interleave differently from run to
// run; with plain `+` the last digit of an average would too.
//
// Terms over 2^960 are kept apart, in an integer: so the partials cannot overflow (2^53 terms come to 2^1013), and a
// sum that comes back from beyond the doubles is right. Terms of that size are rare: the integer may be slow.

import { nearestDouble, unitsOf } from "./exact-units.ts";
import type { Value } from "./values.ts";

/** A term over this goes into the integer. */
const PARTIAL_TERM_MAX = 2 ** 960;
/** What partials come to at most; greater ones were stored when all terms were kept so. */
const PARTIAL_MAX = 2 ** 1013;
/** Bits of a unit of 2^-1074 in a unit of the integer, 2^908: the last bit of the least large term. */
const LARGE_SHIFT = 1074n + 908n;

export class ExactSum {
  readonly #partials: number[] = [];
  #large = 0n;

  add(term: number): void {
    if (Math.abs(term) > PARTIAL_TERM_MAX) this.#large += unitsOf(term) >> LARGE_SHIFT;
    else this.#addSmall(term);
  }

  merge(other: ExactSum): void {
    for (const partial of other.#partials) this.#addSmall(partial);
    this.#large += other.#large;
  }

  /** All of a sum whose terms are at most 2^960: they add up to it exactly. */
  partials(): readonly number[] {
    return this.#partials;
  }

  /** What `ExactSum.load` reads back: the partials, and behind them the integer as text, where it is not 0. */
  save(): Value[] {
    return this.#large === 0n ? [...this.#partials] : [...this.#partials, String(this.#large)];
  }

  static load(saved: readonly Value[]): ExactSum {
    const sum = new ExactSum();
    for (const part of saved) {
      if (typeof part === "string") sum.#large += BigInt(part);
      else if (Math.abs(Number(part)) > PARTIAL_MAX) sum.add(Number(part));
      else sum.#partials.push(Number(part));
    }
    return sum;
  }

  /** The double nearest to the exact sum, half to even; Infinity or -Infinity where it is beyond the doubles. */
  value(): number {
    if (this.#large !== 0n) return nearestDouble(this.#units());
    const partials = this.#partials;
    let i = partials.length - 1;
    let high = partials[i] ?? 0;
    let low = 0;
    while (i > 0 && low === 0) {
      i -= 1;
      const x = high;
      const y = partials[i] ?? 0;
      high = x + y;
      low = y - (high - x);
    }
    return roundHalfEven(high, low, partials[i - 1] ?? 0);
  }

  /** The sum divided by the number of its terms, which is never beyond the doubles. */
  mean(count: number): number {
    const sum = this.value();
    if (Number.isFinite(sum)) return sum / count;
    const units = this.#units();
    const size = units < 0n ? -units : units;
    const quotient = size / BigInt(count);
    // The last bit stands for what is left: it is far below the last digit of a double.
    const whole = quotient * BigInt(count) === size ? quotient : quotient | 1n;
    return nearestDouble(units < 0n ? -whole : whole);
  }

  /** In units of 2^-1074. */
  #units(): bigint {
    return this.#partials.reduce(
      (sum, partial) => sum + unitsOf(partial),
      this.#large << LARGE_SHIFT,
    );
  }

  #addSmall(term: number): void {
    const partials = this.#partials;
    let x = term;
    let kept = 0;
    for (let i = 0; i < partials.length; i += 1) {
      const partial = partials[i] ?? 0;
      const isLess = Math.abs(x) < Math.abs(partial);
      const big = isLess ? partial : x;
      const small = isLess ? x : partial;
      const high = big + small;
      const low = small - (high - big);
      if (low !== 0) {
        partials[kept] = low;
        kept += 1;
      }
      x = high;
    }
    partials[kept] = x;
    if (kept + 1 < partials.length) partials.length = kept + 1;
  }
}

/** Corrects `high` where `low` is exactly half a unit and what is below it pushes it over. */
function roundHalfEven(high: number, low: number, below: number): number {
  if ((low < 0 && below < 0) || (low > 0 && below > 0)) {
    const twice = low * 2;
    const rounded = high + twice;
    if (twice === rounded - high) return rounded;
  }
  return high;
}
