// `lower` and `upper`: Unicode's case mapping, without a locale.

import { limitedText } from "../limits.ts";
import type { Value } from "../values.ts";
import { textArgument } from "./builtin.ts";

/** `lower(text)` */
export function lower(text: Value): Value {
  return limitedText(textArgument("lower", text).toLowerCase());
}

/** `upper(text)` */
export function upper(text: Value): Value {
  return limitedText(textArgument("upper", text).toUpperCase());
}
