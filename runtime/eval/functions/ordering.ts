// What `sort`, `min`, `max` and their `_by` forms share: lists whose elements all have one order.

import { burn } from "../fuel.ts";
import { type TypeName, typeName, type Value } from "../values.ts";
import { refuse } from "./builtin.ts";

const ORDERED: ReadonlySet<TypeName> = new Set(["number", "string", "instant", "duration"]);

/** @throws EvaluationError unless all `keys` are numbers, or strings, or instants, or durations. */
export function checkOrdered(fn: string, keys: readonly Value[]): void {
  burn(keys.length);
  const [first] = keys;
  if (first === undefined) return;
  const type = typeName(first);
  for (const key of keys) {
    if (!ORDERED.has(type) || typeName(key) !== type) {
      refuse(fn, "all numbers, all strings, all instants or all durations", key);
    }
  }
}
