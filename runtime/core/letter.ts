// A dead letter whose record is too large, or too deep, to stand in it: what is small of the record does, so that
// whoever reads it knows which one it was.

import { encodeRecord } from "../eval/codec.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import { isRecord, type RecordValue, setField, type Value } from "../eval/values.ts";

/** Encoded bytes of a field, and of the fields together, that a letter keeps of such a record. */
export const LETTER_FIELD_BYTES_MAX = 1024;
export const LETTER_FIELDS_BYTES_MAX = 16 * 1024;

/** @returns the small fields of a record, and how many were left out; null of anything else */
export function smallPartOf(record: Value): { readonly record: Value; readonly left_out: number } {
  if (!isRecord(record)) return { record: null, left_out: 1 };
  const kept: RecordValue = {};
  let [bytes, leftOut] = [0, 0];
  for (const [name, value] of Object.entries(record)) {
    const size = sizeOf({ [name]: value });
    if (size > LETTER_FIELD_BYTES_MAX || bytes + size > LETTER_FIELDS_BYTES_MAX) leftOut += 1;
    else {
      bytes += size;
      setField(kept, name, value);
    }
  }
  return { record: kept, left_out: leftOut };
}

/** Infinity for what cannot be encoded. */
function sizeOf(value: Value): number {
  try {
    return encodeRecord(value).length;
  } catch (error) {
    if (error instanceof EvaluationError) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
