// `trim`, `trim_left`, `trim_right` (JEP-14)

import type { Value } from "../values.ts";
import { textArgument } from "./builtin.ts";

/** Unicode white space: ECMAScript's, and U+0085, which it leaves out. */
const SPACE = /[\s\u0085]/;

/** `trim(text[, chars])`: without leading and trailing `chars`, or white space when there are none. */
export function trim(text: Value, chars: Value = ""): Value {
  return trimmed("trim", text, chars, true, true);
}

/** `trim_left(text[, chars])`: without leading ones. */
export function trimLeft(text: Value, chars: Value = ""): Value {
  return trimmed("trim_left", text, chars, true, false);
}

/** `trim_right(text[, chars])`: without trailing ones. */
export function trimRight(text: Value, chars: Value = ""): Value {
  return trimmed("trim_right", text, chars, false, true);
}

function trimmed(fn: string, text: Value, chars: Value, left: boolean, right: boolean): string {
  const points = Array.from(textArgument(fn, text));
  const goes = matcher(textArgument(fn, chars));
  let start = 0;
  let end = points.length;
  while (left && start < end && goes(points[start] ?? "")) start += 1;
  while (right && end > start && goes(points[end - 1] ?? "")) end -= 1;
  return points.slice(start, end).join("");
}

function matcher(chars: string): (point: string) => boolean {
  if (chars === "") return (point) => SPACE.test(point);
  const set = new Set(chars);
  return (point) => set.has(point);
}
