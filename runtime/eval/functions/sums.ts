// `sum` and `avg` of a list of numbers: exact before they are rounded, whatever the order of the list.

import { EvaluationError } from "../eval-error.ts";
import { ExactSum } from "../exact-sum.ts";
import type { Value } from "../values.ts";
import { numbersArgument } from "./builtin.ts";

/** `sum(list)`: 0 of an empty list. */
export function sum(list: Value): Value {
  const total = exactSum(numbersArgument("sum", list)).value();
  if (!Number.isFinite(total)) throw new EvaluationError("number out of range", "sum()");
  return total;
}

/** `avg(list)`: null of an empty list. */
export function avg(list: Value): Value {
  const numbers = numbersArgument("avg", list);
  return numbers.length === 0 ? null : exactSum(numbers).mean(numbers.length);
}

function exactSum(numbers: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  return sum;
}
