// The instants at which `emit changes` lets results leave: multiples of a duration of event time.

/** The first multiple of `everyMs` after `timeMs`, milliseconds since the epoch. */
export function tickAfter(timeMs: number, everyMs: number): number {
  return Math.floor(timeMs / everyMs) * everyMs + everyMs;
}
