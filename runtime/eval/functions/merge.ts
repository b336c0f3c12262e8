// `merge(object, …)`

import { burn } from "../fuel.ts";
import { type RecordValue, setField, type Value } from "../values.ts";
import { recordArgument } from "./builtin.ts";

/** One object with the fields of all; of two fields with one name the later counts. */
export function merge(...records: Value[]): Value {
  const merged: RecordValue = {};
  for (const one of records) {
    const fields = Object.entries(recordArgument("merge", one));
    burn(fields.length);
    for (const [name, value] of fields) setField(merged, name, value);
  }
  return merged;
}
