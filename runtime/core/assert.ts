// Invariants: a failed one is a bug of ours, never a user's mistake.

/** @throws Error when `condition` does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
