// `quantile(x, q)` and `quantiles(x, [..])`: the value below which a share q of the values lies, within 1 %.
//
//   bucket of x > 0:  i = ⌈log_γ x⌉,  γ = (1 + α) / (1 − α),  α = 0.01
//   estimate:         2·γ^i / (γ + 1)  for the bucket that holds rank ⌊q·(n − 1)⌋
//
// Masson et al., "DDSketch" (2019). Only counts are kept, so order does not matter, and neither does where
// the smallest buckets are put together: that depends on the greatest alone.

import type { Value } from "../../eval/values.ts";
import { type Loadable, listOf } from "./accumulator.ts";

const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** Buckets of either sign: values within a factor of 6e17 of the greatest keep the accuracy. */
export const QUANTILE_BUCKETS_MAX = 2048;
/** Values nearer to zero than the least normal double count as zero. */
const LEAST = 2 ** -1022;

export class Quantiles implements Loadable {
  readonly #qs: readonly number[];
  readonly #single: boolean;
  #zeros = 0;
  readonly #positive = new Buckets();
  /** By magnitude. */
  readonly #negative = new Buckets();

  /** @param single whether the result is one number or a list, in the order of `qs`. */
  constructor(qs: readonly number[], single: boolean) {
    this.#qs = qs;
    this.#single = single;
  }

  add(value: Value): void {
    const x = Number(value);
    if (Math.abs(x) < LEAST) this.#zeros += 1;
    else (x > 0 ? this.#positive : this.#negative).add(bucketOf(Math.abs(x)), 1);
  }

  merge(other: this): void {
    this.#zeros += other.#zeros;
    this.#positive.merge(other.#positive);
    this.#negative.merge(other.#negative);
  }

  /** Null when no value came. */
  result(): Value {
    const results = this.#qs.map((q) => this.#quantile(q));
    return this.#single ? (results[0] ?? null) : results;
  }

  save(): Value {
    return [this.#zeros, this.#positive.save(), this.#negative.save()];
  }

  restore(saved: Value): void {
    const [zeros, positive, negative] = listOf(saved);
    this.#zeros = Number(zeros);
    this.#positive.restore(listOf(positive).map(Number));
    this.#negative.restore(listOf(negative).map(Number));
  }

  #quantile(q: number): number | null {
    const count = this.#zeros + this.#positive.count + this.#negative.count;
    if (count === 0) return null;
    const rank = Math.floor(q * (count - 1));
    const below = this.#negative.count;
    if (rank < below) return -estimateOf(this.#negative.at(below - 1 - rank));
    if (rank < below + this.#zeros) return 0;
    return estimateOf(this.#positive.at(rank - below - this.#zeros));
  }
}

/** Counts by index; the indices span at most `QUANTILE_BUCKETS_MAX`, what is below counts in the least. */
class Buckets {
  #counts = new Map<number, number>();
  #greatest = Number.NEGATIVE_INFINITY;
  count = 0;

  add(index: number, times: number): void {
    this.count += times;
    if (index > this.#greatest) this.#raise(index);
    const at = Math.max(index, this.#least());
    this.#counts.set(at, (this.#counts.get(at) ?? 0) + times);
  }

  merge(other: Buckets): void {
    for (const [index, times] of other.#counts) this.add(index, times);
  }

  /** The index of the bucket that holds the value of `rank`, counted from the least. */
  at(rank: number): number {
    let seen = 0;
    for (const index of [...this.#counts.keys()].sort((a, b) => a - b)) {
      seen += this.#counts.get(index) ?? 0;
      if (seen > rank) return index;
    }
    return this.#greatest;
  }

  save(): Value {
    return [...this.#counts].flat();
  }

  restore(saved: readonly number[]): void {
    for (let i = 0; i + 1 < saved.length; i += 2) this.add(saved[i] ?? 0, saved[i + 1] ?? 0);
  }

  #least(): number {
    return this.#greatest - QUANTILE_BUCKETS_MAX + 1;
  }

  #raise(index: number): void {
    this.#greatest = index;
    const least = this.#least();
    for (const [low, times] of this.#counts) {
      if (low >= least) continue;
      this.#counts.delete(low);
      this.#counts.set(least, (this.#counts.get(least) ?? 0) + times);
    }
  }
}

function bucketOf(magnitude: number): number {
  return Math.ceil(Math.log(magnitude) / LOG_GAMMA);
}

/** Of the buckets near the greatest double the upper end is beyond it, and the estimate need not be. */
function estimateOf(index: number): number {
  const estimate = (2 * Math.exp(index * LOG_GAMMA)) / (GAMMA + 1);
  if (Number.isFinite(estimate)) return estimate;
  return Math.min(Number.MAX_VALUE, Math.exp(index * LOG_GAMMA + Math.log(2 / (GAMMA + 1))));
}
