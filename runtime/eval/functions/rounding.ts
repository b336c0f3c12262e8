// `abs`, `ceil`, `floor` of a number.

import type { Value } from "../values.ts";
import { numberArgument } from "./builtin.ts";

/** `abs(n)`: without its sign. */
export function abs(value: Value): Value {
  return Math.abs(numberArgument("abs", value));
}

/** `ceil(n)`: the least integer not below. */
export function ceil(value: Value): Value {
  return Math.ceil(numberArgument("ceil", value));
}

/** `floor(n)`: the greatest integer not above. */
export function floor(value: Value): Value {
  return Math.floor(numberArgument("floor", value));
}
