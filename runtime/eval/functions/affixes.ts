// `starts_with` and `ends_with`

import type { Value } from "../values.ts";
import { textArgument } from "./builtin.ts";

/** `starts_with(text, prefix)` */
export function startsWith(text: Value, prefix: Value): Value {
  return textArgument("starts_with", text).startsWith(textArgument("starts_with", prefix));
}

/** `ends_with(text, suffix)` */
export function endsWith(text: Value, suffix: Value): Value {
  return textArgument("ends_with", text).endsWith(textArgument("ends_with", suffix));
}
