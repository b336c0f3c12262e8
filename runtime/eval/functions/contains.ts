// `contains(subject, search)`

import { deepEqual, textOf, type Value } from "../values.ts";
import { refuse } from "./builtin.ts";

/** Whether a list has an equal element, or a string the substring (false for what is not a string). */
export function contains(subject: Value, search: Value): Value {
  if (Array.isArray(subject)) return subject.some((element) => deepEqual(element, search));
  const text = textOf(subject) ?? refuse("contains", "a list or string", subject);
  const part = textOf(search);
  return part !== null && text.includes(part);
}
