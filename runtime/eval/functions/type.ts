// `type(x)`

import { typeName, type Value } from "../values.ts";

/** JMESPath's type names, and ours: `instant`, `duration`, `bytes`. A CID link is a `string`. */
export function type(value: Value): Value {
  return typeName(value);
}
