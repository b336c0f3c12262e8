// `join(glue, list)`

import { burn } from "../fuel.ts";
import { checkTextLength } from "../limits.ts";
import { textOf, type Value } from "../values.ts";
import { listArgument, refuse, textArgument } from "./builtin.ts";

/** The strings of the list with `glue` between them. */
export function join(glue: Value, list: Value): Value {
  const between = textArgument("join", glue);
  const parts = listArgument("join", list).map(
    (part) => textOf(part) ?? refuse("join", "a list of strings", part),
  );
  burn(parts.length);
  checkTextLength(parts.reduce((sum, part) => sum + part.length + between.length, -between.length));
  return parts.join(between);
}
