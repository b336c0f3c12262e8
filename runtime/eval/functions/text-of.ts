// `text_of(record)`

import type { Value } from "../values.ts";
import { textField } from "./record-fields.ts";

/** What a person wrote in a post: its `text`; null for a record without one. */
export function textOfRecord(record: Value): Value {
  return textField(record, "text");
}
