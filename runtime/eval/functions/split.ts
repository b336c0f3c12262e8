// `split(text, search[, count])` (JEP-14)

import { checkListLength } from "../limits.ts";
import type { Value } from "../values.ts";
import { countArgument, textArgument } from "./builtin.ts";

/** What stands between the first `count` (or all) occurrences of `search`; '' gives code points. */
export function split(text: Value, search: Value, count?: Value): Value {
  const whole = textArgument("split", text);
  const separator = textArgument("split", search);
  const most = count === undefined ? Number.POSITIVE_INFINITY : countArgument("split", count);
  const parts = separator === "" ? Array.from(whole) : whole.split(separator);
  const kept = parts.length - 1 <= most ? parts : firstParts(parts, separator, most);
  checkListLength(kept.length);
  return kept;
}

function firstParts(parts: readonly string[], separator: string, count: number): string[] {
  return [...parts.slice(0, count), parts.slice(count).join(separator)];
}
