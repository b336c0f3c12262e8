// Window arithmetic. A hopping window is made of panes, the slices no window boundary cuts: a record
// is added to one pane, and a window is the merge of its panes (Li et al., "No pane, no gain", 2005).
//
//   size 10m, every 4m → panes of 2m:   |--|--|--|--|--|--|--|
//   windows start at multiples of 4m:   [0 ........ 10)
//                                             [4 ........ 14)

import type { Window } from "../../plan/plan.ts";

/** Length of a pane: the greatest common divisor of size and hop. */
export function paneMs(window: Window): number {
  let a = window.sizeMs;
  let b = window.everyMs;
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** Start of the pane that contains `timeMs`. */
export function paneStart(window: Window, timeMs: number): number {
  return floorTo(timeMs, paneMs(window));
}

/** Ends of the first and the last window that contain `timeMs` (start ≤ time < end). */
export function firstEndContaining(window: Window, timeMs: number): number {
  return floorTo(timeMs - window.sizeMs, window.everyMs) + window.everyMs + window.sizeMs;
}

export function lastEndContaining(window: Window, timeMs: number): number {
  return floorTo(timeMs, window.everyMs) + window.sizeMs;
}

function floorTo(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs;
}
