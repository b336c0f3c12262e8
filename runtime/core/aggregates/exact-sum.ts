// A sum that does not depend on the order of its terms: the exact sum, rounded once.
//
// Shewchuk, "Adaptive Precision Floating-Point Arithmetic" (1997): the running sum is kept as
// non-overlapping partials, smallest first. Partitions of a stage interleave differently from run to
// run; with plain `+` the last digit of an average would too.

export class ExactSum {
  #partials: number[];

  constructor(partials: readonly number[] = []) {
    this.#partials = [...partials];
  }

  add(term: number): void {
    let x = term;
    const next: number[] = [];
    for (const partial of this.#partials) {
      const [big, small] = Math.abs(x) < Math.abs(partial) ? [partial, x] : [x, partial];
      const high = big + small;
      const low = small - (high - big);
      if (low !== 0) next.push(low);
      x = high;
    }
    next.push(x);
    this.#partials = next;
  }

  merge(other: ExactSum): void {
    for (const partial of other.#partials) this.add(partial);
  }

  partials(): readonly number[] {
    return this.#partials;
  }

  /** The double nearest to the exact sum, half to even. */
  value(): number {
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
