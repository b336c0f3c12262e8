// `reverse(x)`

import { isFlat } from "../text.ts";
import { textOf, type Value } from "../values.ts";
import { refuse } from "./builtin.ts";

/** A list backwards, or a string by code points. */
export function reverse(value: Value): Value {
  if (Array.isArray(value)) return value.toReversed();
  const text = textOf(value) ?? refuse("reverse", "a list or string", value);
  const units = isFlat(text) ? text.split("") : Array.from(text);
  return units.reverse().join("");
}
