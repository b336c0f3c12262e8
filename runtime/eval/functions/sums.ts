// `sum` and `avg` of a list of numbers.

import { EvaluationError } from "../eval-error.ts";
import type { Value } from "../values.ts";
import { numbersArgument } from "./builtin.ts";

/** `sum(list)`: 0 of an empty list. */
export function sum(list: Value): Value {
  return total("sum", numbersArgument("sum", list));
}

/** `avg(list)`: null of an empty list. */
export function avg(list: Value): Value {
  const numbers = numbersArgument("avg", list);
  return numbers.length === 0 ? null : total("avg", numbers) / numbers.length;
}

function total(fn: string, numbers: readonly number[]): number {
  const result = numbers.reduce((a, b) => a + b, 0);
  if (!Number.isFinite(result)) throw new EvaluationError("number out of range", `${fn}()`);
  return result;
}
