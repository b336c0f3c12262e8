// Aggregates: how each one starts, takes a value, merges with another and gives its result. All are
// independent of the order of rows, so that any interleaving of partitions gives the same answer.

import type { AggregateKind } from "../../../plan/plan.ts";
import { ExactSum } from "../../eval/exact-sum.ts";
import { compareOrder, loadOrder, type RecordOrder, saveOrder } from "../../eval/record-order.ts";
import {
  CidLink,
  canonicalKey,
  compareValues,
  Duration,
  Instant,
  type Value,
} from "../../eval/values.ts";
import { type Accumulator, type Loadable, listOf, withoutMinusZero } from "./accumulator.ts";
import { AccumulatorColumn, type Column, CountColumn } from "./column.ts";
import { DistinctColumn } from "./distinct-column.ts";
import { HyperLogLog } from "./hyperloglog.ts";
import { Quantiles } from "./quantiles.ts";
import { Rate } from "./rate.ts";
import { refusesStddev, StandardDeviation } from "./stddev.ts";
import { TopK } from "./top-k.ts";

/** One aggregate function with its parameters. */
export type AggregateFunction = {
  readonly create: () => Accumulator;
  readonly load: (saved: Value) => Accumulator;
  /** Of many groups. */
  readonly column: () => Column;
  /**
   * Why a value cannot be aggregated, or null. Null values never come here: they do not count. Null when
   * every value can be.
   */
  readonly refuses: ((value: Value) => string | null) | null;
  /**
   * Whether a value can be summed up in front of an exchange: none that is refused, and what comes of any
   * number of such values is small and merges exactly. Null when no value can.
   */
  readonly combines: ((value: Value) => boolean) | null;
};

/** The implementation of an aggregate of the plan. */
export function aggregateFunction(kind: AggregateKind): AggregateFunction {
  switch (kind.fn) {
    case "count":
      return { ...define(() => new Count(), null, isAny), column: () => new CountColumn() };
    case "sum":
      return define(() => new Sum(), numbers("sum"), isNumber);
    case "avg":
      return define(() => new Average(), numbers("avg"), isNumber);
    case "min":
      return define(() => new Extreme(-1), orderable("min"), isScalar);
    case "max":
      return define(() => new Extreme(1), orderable("max"), isScalar);
    case "first":
      return define(() => new Edge(-1), null, isScalar);
    case "last":
      return define(() => new Edge(1), null, isScalar);
    case "approx_distinct":
      return define(() => new ApproxDistinct(), null, null);
    case "distinct":
      return {
        ...define(() => new Distinct(kind.cap), null, null),
        column: () => new DistinctColumn(kind.cap),
      };
    case "collect":
      return define(() => new Collect(kind.max), null, null);
    case "stddev":
      return define(
        () => new StandardDeviation(),
        refusesStddev,
        (x) => refusesStddev(x) === null,
      );
    case "rate":
      return define(() => new Rate(), null, isAny);
    case "quantile":
      return define(() => new Quantiles([kind.q], true), numbers("quantile"), null);
    case "quantiles":
      return define(() => new Quantiles(kind.qs, false), numbers("quantiles"), null);
    case "top_k":
      return define(() => new TopK(kind.k), null, null);
  }
}

function define(
  create: () => Loadable,
  refuses: AggregateFunction["refuses"],
  combines: AggregateFunction["combines"],
): AggregateFunction {
  const load = (saved: Value): Accumulator => {
    const accumulator = create();
    accumulator.restore(saved);
    return accumulator;
  };
  const column = (): Column => new AccumulatorColumn({ create, load });
  return { create, refuses, combines, load, column };
}

function numbers(fn: string): (value: Value) => string | null {
  return (value) => (isNumber(value) ? null : `${fn}() of something not a number`);
}

function orderable(fn: string): (value: Value) => string | null {
  return (value) => (isScalar(value) ? null : `${fn}() of something without an order`);
}

function isScalar(value: Value): boolean {
  const simple = typeof value !== "object" || value === null;
  return (
    simple || value instanceof Instant || value instanceof Duration || value instanceof CidLink
  );
}

function isAny(): boolean {
  return true;
}

function isNumber(value: Value): boolean {
  return typeof value === "number";
}

class Count implements Loadable {
  #count = 0;
  add(): void {
    this.#count += 1;
  }
  merge(other: this): void {
    this.#count += other.#count;
  }
  result(): Value {
    return this.#count;
  }
  save(): Value {
    return this.#count;
  }
  restore(saved: Value): void {
    this.#count = Number(saved);
  }
}

class Sum implements Loadable {
  #sum = new ExactSum();
  add(value: Value): void {
    this.#sum.add(Number(value));
  }
  merge(other: this): void {
    this.#sum.merge(other.#sum);
  }
  result(): Value {
    return this.#sum.value();
  }
  save(): Value {
    return this.#sum.save();
  }
  restore(saved: Value): void {
    this.#sum = ExactSum.load(listOf(saved));
  }
}

/** Null when no value came. */
class Average implements Loadable {
  #sum = new ExactSum();
  #count = 0;
  add(value: Value): void {
    this.#sum.add(Number(value));
    this.#count += 1;
  }
  merge(other: this): void {
    this.#sum.merge(other.#sum);
    this.#count += other.#count;
  }
  result(): Value {
    return this.#count === 0 ? null : this.#sum.mean(this.#count);
  }
  save(): Value {
    return [this.#count, ...this.#sum.save()];
  }
  restore(saved: Value): void {
    const [count, ...sum] = listOf(saved);
    this.#count = Number(count ?? 0);
    this.#sum = ExactSum.load(sum);
  }
}

/** `min` (sign -1) and `max` (sign 1); null when no value came. */
class Extreme implements Loadable {
  readonly #sign: -1 | 1;
  #best: Value = null;
  constructor(sign: -1 | 1) {
    this.#sign = sign;
  }
  add(value: Value): void {
    if (this.#best === null || compareValues(value, this.#best) * this.#sign > 0) {
      this.#best = withoutMinusZero(value);
    }
  }
  merge(other: this): void {
    if (other.#best !== null) this.add(other.#best);
  }
  result(): Value {
    return this.#best;
  }
  save(): Value {
    return this.#best;
  }
  restore(saved: Value): void {
    this.#best = saved;
  }
}

type Ordered = { readonly value: Value; readonly order: RecordOrder };

/** By order; rows that it does not tell apart (events of two relays, say) by the value itself. */
function compareOrdered(a: Ordered, b: Ordered): number {
  const byOrder = compareOrder(a.order, b.order);
  if (byOrder !== 0) return byOrder;
  const keyA = canonicalKey([a.value]);
  const keyB = canonicalKey([b.value]);
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
}

/** The order, and the value behind it. */
function saveOrdered({ order, value }: Ordered): Value[] {
  return [...saveOrder(order), value];
}

function loadOrdered(saved: Value): Ordered {
  const parts = listOf(saved);
  return { value: parts.at(-1) ?? null, order: loadOrder(parts.slice(0, -1)) };
}

/** `first` (sign -1) and `last` (sign 1); null when no value came. */
class Edge implements Loadable {
  readonly #sign: -1 | 1;
  #best: Ordered | null = null;
  constructor(sign: -1 | 1) {
    this.#sign = sign;
  }
  add(value: Value, order: RecordOrder): void {
    this.#take({ value, order });
  }
  merge(other: this): void {
    if (other.#best !== null) this.#take(other.#best);
  }
  #take(one: Ordered): void {
    if (this.#best === null || compareOrdered(one, this.#best) * this.#sign > 0) this.#best = one;
  }
  result(): Value {
    return this.#best?.value ?? null;
  }
  save(): Value {
    return this.#best === null ? null : saveOrdered(this.#best);
  }
  restore(saved: Value): void {
    this.#best = saved === null ? null : loadOrdered(saved);
  }
}

class ApproxDistinct implements Loadable {
  #sketch = new HyperLogLog();
  add(value: Value): void {
    this.#sketch.add(canonicalKey([value]));
  }
  merge(other: this): void {
    this.#sketch.merge(other.#sketch);
  }
  result(): Value {
    return this.#sketch.estimate();
  }
  save(): Value {
    return this.#sketch.save();
  }
  restore(saved: Value): void {
    this.#sketch = HyperLogLog.load(saved);
  }
}

/** Exact up to `cap`, which it then answers: a set that stays bounded. */
class Distinct implements Loadable {
  readonly #cap: number;
  #seen = new Set<string>();
  constructor(cap: number) {
    this.#cap = cap;
  }
  add(value: Value): void {
    this.#take(canonicalKey([value]));
  }
  merge(other: this): void {
    for (const key of other.#seen) this.#take(key);
  }
  #take(key: string): void {
    if (this.#seen.size < this.#cap) this.#seen.add(key);
  }
  result(): Value {
    return this.#seen.size;
  }
  save(): Value {
    return [...this.#seen];
  }
  restore(saved: Value): void {
    this.#seen = new Set(listOf(saved).map(String));
  }
}

/** The first `max` values in the order of records. */
class Collect implements Loadable {
  readonly #max: number;
  #rows: Ordered[] = [];
  constructor(max: number) {
    this.#max = max;
  }
  add(value: Value, order: RecordOrder): void {
    const one = { value, order };
    const at = this.#rows.findLastIndex((row) => compareOrdered(row, one) <= 0) + 1;
    if (at >= this.#max) return;
    this.#rows.splice(at, 0, one);
    if (this.#rows.length > this.#max) this.#rows.pop();
  }
  merge(other: this): void {
    for (const row of other.#rows) this.add(row.value, row.order);
  }
  result(): Value {
    return this.#rows.map((row) => row.value);
  }
  save(): Value {
    return this.#rows.map(saveOrdered);
  }
  restore(saved: Value): void {
    this.#rows = listOf(saved).map(loadOrdered);
  }
}
