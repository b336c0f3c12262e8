// `top_k(x, k)`: the k most frequent values.
//
//   [{ value, count, error }]   count ≤ times the value came ≤ count + error ≤ count + total / 1000
//
// Counts every value exactly up to TOP_K_VALUES_MAX different ones: then `error` is 0 and the answer does
// not depend on order. One more, and what is less frequent than the half is forgotten (Agarwal et al.,
// "Mergeable Summaries", 2012, the form of space-saving that merges): the bounds above still hold, while
// which of two values of nearly equal count is named may depend on the order of partitions.

import { canonicalKey, type Value } from "../../eval/values.ts";
import { type Loadable, listOf, withoutMinusZero } from "./accumulator.ts";

/** Different values of one group and window that are counted exactly. */
export const TOP_K_VALUES_MAX = 2000;
const KEPT = TOP_K_VALUES_MAX / 2;

type Counted = { readonly value: Value; count: number };

export class TopK implements Loadable {
  readonly #k: number;
  #values = new Map<string, Counted>();
  /** What was subtracted from every count so far. */
  #error = 0;

  constructor(k: number) {
    this.#k = k;
  }

  add(value: Value): void {
    this.#count(canonicalKey([value]), withoutMinusZero(value), 1);
  }

  merge(other: this): void {
    this.#error += other.#error;
    for (const [key, { value, count }] of other.#values) this.#count(key, value, count);
  }

  /** Most frequent first, ties in the order of the values' canonical texts. */
  result(): Value {
    return this.#ranked()
      .slice(0, this.#k)
      .map(([, { value, count }]) => ({ value, count, error: this.#error }));
  }

  save(): Value {
    return [
      this.#error,
      ...[...this.#values.values()].flatMap(({ value, count }) => [value, count]),
    ];
  }

  restore(saved: Value): void {
    const [error, ...pairs] = listOf(saved);
    this.#error = Number(error);
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const value = pairs[i] ?? null;
      this.#values.set(canonicalKey([value]), { value, count: Number(pairs[i + 1]) });
    }
  }

  #count(key: string, value: Value, times: number): void {
    const known = this.#values.get(key);
    if (known !== undefined) known.count += times;
    else this.#values.set(key, { value, count: times });
    if (this.#values.size > TOP_K_VALUES_MAX) this.#forget();
  }

  #ranked(): [string, Counted][] {
    return [...this.#values].sort(
      ([keyA, a], [keyB, b]) => b.count - a.count || (keyA < keyB ? -1 : 1),
    );
  }

  /** Subtracts the count of the first value beyond `KEPT` from all, and drops what has none left. */
  #forget(): void {
    const ranked = this.#ranked();
    const less = ranked[KEPT]?.[1].count ?? 0;
    this.#error += less;
    this.#values = new Map(ranked.filter(([, { count }]) => count > less));
    for (const counted of this.#values.values()) counted.count -= less;
  }
}
