// `min`, `max`, `min_by`, `max_by`: the first of equals, null of an empty list.

import { compareValues, type Value } from "../values.ts";
import { listArgument } from "./builtin.ts";
import { checkOrdered } from "./ordering.ts";

/** `min(list)` */
export function min(list: Value): Value {
  return extreme("min", -1, list, (element) => element);
}

/** `max(list)` */
export function max(list: Value): Value {
  return extreme("max", 1, list, (element) => element);
}

/** `min_by(list, &expr)`: the element with the least `expr`. */
export function minBy(list: Value, by: (element: Value) => Value): Value {
  return extreme("min_by", -1, list, by);
}

/** `max_by(list, &expr)`: the element with the greatest `expr`. */
export function maxBy(list: Value, by: (element: Value) => Value): Value {
  return extreme("max_by", 1, list, by);
}

function extreme(fn: string, sign: -1 | 1, list: Value, by: (element: Value) => Value): Value {
  const elements = listArgument(fn, list);
  const keys = elements.map(by);
  checkOrdered(fn, keys);
  let best = 0;
  for (let i = 1; i < keys.length; i += 1) {
    if (compareValues(keys[i] ?? null, keys[best] ?? null) * sign > 0) best = i;
  }
  return elements[best] ?? null;
}
