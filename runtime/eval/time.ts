// The bounds of instants and durations: checked wherever one is made by arithmetic or read from outside.

import { EvaluationError } from "./eval-error.ts";
import { Duration, Instant } from "./values.ts";

/** Instants are within the years 0000–9999, which RFC 3339 can write. Milliseconds. */
export const INSTANT_MS_MIN = -62_167_219_200_000;
export const INSTANT_MS_MAX = 253_402_300_799_999;

/** The instant at `ms`, rounded to a whole millisecond. @throws EvaluationError outside the years 0–9999. */
export function instantAt(ms: number): Instant {
  const rounded = wholeMs(ms);
  if (!(rounded >= INSTANT_MS_MIN && rounded <= INSTANT_MS_MAX)) {
    throw new EvaluationError("instant out of range", "instants are within the years 0000 to 9999");
  }
  return new Instant(rounded);
}

/** The duration of `ms`, rounded to a whole millisecond. @throws EvaluationError beyond 2^53 ms. */
export function durationOf(ms: number): Duration {
  const rounded = wholeMs(ms);
  if (!Number.isSafeInteger(rounded)) throw new EvaluationError("duration out of range");
  return new Duration(rounded);
}

/** Rounded, and never -0. */
function wholeMs(ms: number): number {
  return Math.round(ms) + 0;
}
