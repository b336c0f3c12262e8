// `not_null(x, …)`

import type { Value } from "../values.ts";

/** The first argument that is not null, else null. All arguments are evaluated. */
export function notNull(...candidates: Value[]): Value {
  return candidates.find((one) => one !== null) ?? null;
}
