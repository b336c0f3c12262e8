// The states of one aggregate for many groups, one behind the other: a count is a number in an array, not an
// object of its own.

import type { RecordOrder } from "../../eval/record-order.ts";
import type { Value } from "../../eval/values.ts";
import type { Accumulator } from "./accumulator.ts";

/** As `Accumulator`, for the group of a number. */
export interface Column {
  /** Begins the group `group`, which has the next number; or anew, whatever was in it. */
  create(group: number): void;
  add(group: number, value: Value, order: RecordOrder): void;
  /**
   * As `add`, of the text that is the bytes from `start` to `end`: for who does not need it as a value. False when
   * it does.
   */
  addText?(group: number, bytes: Uint8Array, start: number, end: number): boolean;
  /** As `add` to each of the first `count` of some groups, where the value makes no difference. */
  addOnes?(groups: Int32Array, count: number): void;
  /** Takes in what group `from` of another column of the same aggregate has. */
  merge(group: number, other: this, from: number): void;
  /** Takes in what `save` of another column of the same aggregate gave. */
  mergeSaved(group: number, saved: Value): void;
  /** As `Accumulator.result`. */
  result(group: number, windowMs: number): Value;
  save(group: number): Value;
  restore(group: number, saved: Value): void;
}

const COUNTS_START = 64;

export class CountColumn implements Column {
  #counts = new Float64Array(COUNTS_START);

  create(group: number): void {
    if (group === this.#counts.length) {
      const larger = new Float64Array(this.#counts.length * 2);
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[group] = 0;
  }
  add(group: number): void {
    this.#counts[group] = this.#of(group) + 1;
  }
  addOnes(groups: Int32Array, count: number): void {
    const counts = this.#counts;
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] ?? 0;
      counts[group] = (counts[group] ?? 0) + 1;
    }
  }
  merge(group: number, other: this, from: number): void {
    this.#counts[group] = this.#of(group) + other.#of(from);
  }
  mergeSaved(group: number, saved: Value): void {
    this.#counts[group] = this.#of(group) + Number(saved);
  }
  result(group: number): Value {
    return this.#of(group);
  }
  save(group: number): Value {
    return this.#of(group);
  }
  restore(group: number, saved: Value): void {
    this.#counts[group] = Number(saved);
  }
  #of(group: number): number {
    return this.#counts[group] ?? 0;
  }
}

/** Any other aggregate: an accumulator a group. */
export class AccumulatorColumn implements Column {
  readonly #begin: () => Accumulator;
  readonly #load: (saved: Value) => Accumulator;
  readonly #accumulators: Accumulator[] = [];

  constructor(aggregate: {
    readonly create: () => Accumulator;
    readonly load: (saved: Value) => Accumulator;
  }) {
    this.#begin = aggregate.create;
    this.#load = aggregate.load;
  }

  create(group: number): void {
    this.#accumulators[group] = this.#begin();
  }
  add(group: number, value: Value, order: RecordOrder): void {
    this.#accumulators[group]?.add(value, order);
  }
  merge(group: number, other: this, from: number): void {
    const accumulator = other.#accumulators[from];
    if (accumulator !== undefined) this.#accumulators[group]?.merge(accumulator);
  }
  mergeSaved(group: number, saved: Value): void {
    this.#accumulators[group]?.merge(this.#load(saved));
  }
  result(group: number, windowMs: number): Value {
    return this.#accumulators[group]?.result(windowMs) ?? null;
  }
  save(group: number): Value {
    return this.#accumulators[group]?.save() ?? null;
  }
  restore(group: number, saved: Value): void {
    this.#accumulators[group] = this.#load(saved);
  }
}
