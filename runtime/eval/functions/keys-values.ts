// `keys` and `values` of an object, in the order of its fields.

import type { Value } from "../values.ts";
import { recordArgument } from "./builtin.ts";

/** `keys(object)` */
export function keys(record: Value): Value {
  return Object.keys(recordArgument("keys", record));
}

/** `values(object)` */
export function values(record: Value): Value {
  return Object.values(recordArgument("values", record));
}
