// `lang_of(record)`: the language a post says it is in.

import { textOf, type Value } from "../values.ts";
import { listField } from "./record-fields.ts";

/** A primary language subtag (BCP 47 section 2.2.1). */
const PRIMARY = /^[a-z]{2,8}$/;

/** The primary subtag of the first of `langs`, lower-cased: `en` of `en-US`; null when there is none. */
export function langOf(record: Value): Value {
  const first = textOf(listField(record, "langs")[0] ?? null);
  const primary = first?.split(/[-_]/, 1)[0]?.toLowerCase();
  return primary !== undefined && PRIMARY.test(primary) ? primary : null;
}
