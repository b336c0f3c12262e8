// `zip(list, …)`

import { burn } from "../fuel.ts";
import type { Value } from "../values.ts";
import { listArgument } from "./builtin.ts";

/** Lists of the first elements, the second elements and so on, as far as the shortest list goes. */
export function zip(...args: Value[]): Value {
  const lists = args.map((list) => listArgument("zip", list));
  const length = Math.min(...lists.map((list) => list.length));
  burn(length * lists.length);
  return Array.from({ length }, (_, i) => lists.map((list) => list[i] ?? null));
}
