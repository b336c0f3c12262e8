// `group_by(list, &expr)`: the elements by the string `expr` gives for each.

import { burn } from "../fuel.ts";
import { type RecordValue, setField, textOf, type Value } from "../values.ts";
import { listArgument, refuse } from "./builtin.ts";

/** An object of lists; elements for which `expr` is null are left out. */
export function groupBy(list: Value, by: (element: Value) => Value): Value {
  const elements = listArgument("group_by", list);
  burn(elements.length);
  const groups = new Map<string, Value[]>();
  for (const element of elements) {
    const key = by(element);
    if (key === null) continue;
    const name = textOf(key) ?? refuse("group_by", "strings as keys", key);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [element]);
    else group.push(element);
  }
  const record: RecordValue = {};
  for (const [name, group] of groups) setField(record, name, group);
  return record;
}
