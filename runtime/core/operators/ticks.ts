// The instants at which `emit changes` lets results leave, multiples of a duration of event time, and the order that
// goes with them: what is sent of one result comes in the order in which it was sent.
//
//   seen at tick T    T − grace, the watermark that is told then, and a second
//   seen at close C   the window's end less a millisecond, and a second: C − grace − 1 ms. No tick is later, but one
//                     a millisecond before the close is at the same instant

import type { AlignedWindow } from "../../../plan/plan.ts";
import { orderOfResult, type RecordOrder } from "../../eval/record-order.ts";

/** The place of what is sent at a close, behind all of a tick with the same instant. */
const AFTER_TICK: readonly number[] = [1];

/** The first multiple of `everyMs` after `timeMs`, milliseconds since the epoch. */
export function tickAfter(timeMs: number, everyMs: number): number {
  return Math.floor(timeMs / everyMs) * everyMs + everyMs;
}

/** The order of an update, sent at a tick, of a window that ends at `endMs`: earlier windows come first. */
export function orderAtTick(
  { graceMs }: AlignedWindow,
  endMs: number,
  tickMs: number,
): RecordOrder {
  const judgedMs = tickMs - graceMs;
  return orderOfResult(judgedMs, [0, endMs - judgedMs]);
}

/** The order of a result sent at the close of the window that ends at `endMs`. @param everyMs between ticks, if any */
export function orderAtClose(
  { graceMs }: AlignedWindow,
  endMs: number,
  everyMs: number | undefined,
): RecordOrder {
  const isAfterTick = everyMs !== undefined && (endMs + graceMs - 1) % everyMs === 0;
  return isAfterTick ? orderOfResult(endMs - 1, AFTER_TICK) : orderOfResult(endMs - 1);
}
