// `find_first` and `find_last`: where a substring stands, in code points (JEP-14).

import { codePoints, unitIndex } from "../text.ts";
import type { Value } from "../values.ts";
import { integerArgument, textArgument } from "./builtin.ts";

/** `find_first(text, part[, start[, end]])`: index of the first occurrence within, or null. */
export function findFirst(text: Value, part: Value, start?: Value, end?: Value): Value {
  return find("find_first", (within, sought) => within.indexOf(sought), text, part, start, end);
}

/** `find_last(text, part[, start[, end]])`: index of the last occurrence within, or null. */
export function findLast(text: Value, part: Value, start?: Value, end?: Value): Value {
  return find("find_last", (within, sought) => within.lastIndexOf(sought), text, part, start, end);
}

/** The part must lie wholly between `start` and `end`, which are clamped to the text. */
function find(
  fn: string,
  search: (within: string, sought: string) => number,
  text: Value,
  part: Value,
  start: Value = 0,
  end?: Value,
): Value {
  const whole = textArgument(fn, text);
  const sought = textArgument(fn, part);
  const first = unitIndex(whole, Math.max(0, integerArgument(fn, start)));
  const last = end === undefined ? whole.length : unitIndex(whole, integerArgument(fn, end));
  if (sought === "") return null;
  const at = search(whole.slice(first, last), sought);
  return at < 0 ? null : codePoints(whole.slice(0, first + at));
}
