// What every aggregate looks like to the operators that keep them.

import type { RecordOrder } from "../../eval/record-order.ts";
import type { Value } from "../../eval/values.ts";

/** The state of one aggregate of one group. */
export interface Accumulator {
  /** Takes in one non-null value that `refuses` let pass. */
  add(value: Value, order: RecordOrder): void;
  /** Takes in everything another accumulator of the same aggregate has; leaves that one as it is. */
  merge(other: this): void;
  /**
   * The result; not finite where it is a number beyond the doubles.
   * @param windowMs length of the window in milliseconds; 0 when there is none.
   */
  result(windowMs: number): Value;
  /** What `load` of the same aggregate reads back. */
  save(): Value;
}

/** An accumulator that can be filled with what another one saved. */
export interface Loadable extends Accumulator {
  restore(saved: Value): void;
}

/** The elements of a saved list; empty for anything else. */
export function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? value : [];
}

/** -0 as 0: the two are equal, so which of them a group has would depend on the order of rows. */
export function withoutMinusZero(value: Value): Value {
  return value === 0 ? 0 : value;
}
