// `sort(list)` and `sort_by(list, &expr)`: stable, strings by code point.

import { burn } from "../fuel.ts";
import { compareValues, type Value } from "../values.ts";
import { listArgument } from "./builtin.ts";
import { checkOrdered } from "./ordering.ts";

/** All numbers, all strings, all instants or all durations, least first. */
export function sort(list: Value): Value {
  const elements = listArgument("sort", list);
  checkOrdered("sort", elements);
  burn(sortSteps(elements.length));
  return [...elements].sort(compareValues);
}

/** The elements by the value of `expr`, least first. */
export function sortBy(list: Value, by: (element: Value) => Value): Value {
  const elements = listArgument("sort_by", list);
  const keyed = elements.map((element) => ({ element, key: by(element) }));
  checkOrdered(
    "sort_by",
    keyed.map(({ key }) => key),
  );
  burn(sortSteps(elements.length));
  return keyed.sort((a, b) => compareValues(a.key, b.key)).map(({ element }) => element);
}

function sortSteps(length: number): number {
  return length * Math.ceil(Math.log2(length + 1));
}
