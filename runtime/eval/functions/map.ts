// `map(&expr, list)`

import { burn } from "../fuel.ts";
import type { Value } from "../values.ts";
import { listArgument } from "./builtin.ts";

/** `expr` of every element; unlike `[*]` it keeps nulls. */
export function map(list: Value, by: (element: Value) => Value): Value {
  const elements = listArgument("map", list);
  burn(elements.length);
  return elements.map(by);
}
