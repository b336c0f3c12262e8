// `items` and `from_items`: an object as a list of [name, value], and back (JEP-13).

import { burn } from "../fuel.ts";
import { type RecordValue, setField, textOf, type Value } from "../values.ts";
import { listArgument, recordArgument, refuse } from "./builtin.ts";

/** `items(object)` */
export function items(record: Value): Value {
  return Object.entries(recordArgument("items", record));
}

/** `from_items(list)`: of two pairs with one name the later counts. */
export function fromItems(list: Value): Value {
  const pairs = listArgument("from_items", list);
  burn(pairs.length);
  const record: RecordValue = {};
  for (const pair of pairs) {
    const [name, value] = pairOf(pair);
    setField(record, name, value);
  }
  return record;
}

function pairOf(pair: Value): [name: string, value: Value] {
  if (Array.isArray(pair) && pair.length === 2) {
    const name = textOf(pair[0] ?? null);
    if (name !== null) return [name, pair[1] ?? null];
  }
  return refuse("from_items", "a list of [string, value]", pair);
}
