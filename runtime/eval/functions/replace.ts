// `replace(text, old, new[, count])` (JEP-14)

import { checkTextLength } from "../limits.ts";
import type { Value } from "../values.ts";
import { countArgument, textArgument } from "./builtin.ts";

/** The text with its first `count` (or all) occurrences of `old` replaced. '' occurs nowhere. */
export function replace(text: Value, old: Value, by: Value, count?: Value): Value {
  const whole = textArgument("replace", text);
  const sought = textArgument("replace", old);
  const replacement = textArgument("replace", by);
  const most = count === undefined ? Number.POSITIVE_INFINITY : countArgument("replace", count);
  if (sought === "") return whole;
  const found = occurrences(whole, sought, most);
  checkTextLength(whole.length + found.length * (replacement.length - sought.length));
  let result = "";
  let from = 0;
  for (const at of found) {
    result += whole.slice(from, at) + replacement;
    from = at + sought.length;
  }
  return result + whole.slice(from);
}

function occurrences(text: string, sought: string, most: number): number[] {
  const found: number[] = [];
  let at = text.indexOf(sought);
  while (at >= 0 && found.length < most) {
    found.push(at);
    at = text.indexOf(sought, at + sought.length);
  }
  return found;
}
