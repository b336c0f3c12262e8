// `stddev(x)`: the standard deviation of a sample.
//
//   stddev² = (n·Σx² − (Σx)²) / (n·(n − 1))
//
// The textbook's formula cancels badly in floating point; here both sums and the difference are exact
// (squares as two doubles, Dekker 1971), so the answer has neither an error to speak of nor an order.

import { ExactSum } from "../../eval/exact-sum.ts";
import type { Value } from "../../eval/values.ts";
import { type Loadable, listOf } from "./accumulator.ts";

/** Greatest number `stddev` takes: the square of a sum of them is still a double. */
export const STDDEV_VALUE_MAX = 1e140;

/** Why `value` cannot count, or null. */
export function refusesStddev(value: Value): string | null {
  if (typeof value !== "number") return "stddev() of something not a number";
  return Math.abs(value) <= STDDEV_VALUE_MAX ? null : "stddev() of a number over 1e140";
}

/** Null with less than two values. */
export class StandardDeviation implements Loadable {
  #count = 0;
  #sum = new ExactSum();
  #squares = new ExactSum();

  add(value: Value): void {
    const x = Number(value);
    this.#count += 1;
    this.#sum.add(x);
    addProduct(this.#squares, x, x);
  }

  merge(other: this): void {
    this.#count += other.#count;
    this.#sum.merge(other.#sum);
    this.#squares.merge(other.#squares);
  }

  result(): Value {
    const n = this.#count;
    if (n < 2) return null;
    const spread = new ExactSum();
    for (const part of this.#squares.partials()) addProduct(spread, n, part);
    for (const a of this.#sum.partials()) {
      for (const b of this.#sum.partials()) addProduct(spread, -a, b);
    }
    return Math.sqrt(Math.max(0, spread.value()) / n / (n - 1));
  }

  save(): Value {
    return [this.#count, this.#sum.save(), this.#squares.save()];
  }

  restore(saved: Value): void {
    const [count, sum, squares] = listOf(saved);
    this.#count = Number(count);
    this.#sum = ExactSum.load(listOf(sum));
    this.#squares = ExactSum.load(listOf(squares));
  }
}

/** Adds a·b as a rounded product and its rounding error. */
function addProduct(to: ExactSum, a: number, b: number): void {
  const product = a * b;
  const [aHigh, aLow] = halves(a);
  const [bHigh, bLow] = halves(b);
  to.add(product);
  to.add(aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow));
}

/** 2^27 + 1: cuts the 53 bits of a double in two (Veltkamp 1968). */
const SPLITTER = 134_217_729;

function halves(x: number): readonly [high: number, low: number] {
  const scaled = SPLITTER * x;
  const high = scaled - (scaled - x);
  return [high, x - high];
}
