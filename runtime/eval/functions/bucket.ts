// `bucket(instant, size)`

import { instantAt } from "../time.ts";
import { Duration, Instant, type Value } from "../values.ts";

/** The start of the bucket of `size` the instant is in, counted from the epoch in UTC; else null. */
export function bucket(at: Value, size: Value): Value {
  if (!(at instanceof Instant) || !(size instanceof Duration) || size.ms <= 0) return null;
  return instantAt(Math.floor(at.ms / size.ms) * size.ms);
}
