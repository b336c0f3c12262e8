// Reads fields of records that anyone may have written: whatever has the wrong shape is as if missing.

import { isRecord, type RecordValue, textOf, type Value } from "../values.ts";

/** Field `name` of an object; null when there is none, or no object. */
export function fieldOf(value: Value, name: string): Value {
  return isRecord(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}

/** The string at field `name`, or null. */
export function textField(value: Value, name: string): string | null {
  return textOf(fieldOf(value, name));
}

/** The elements of the list at field `name`; none when it is not a list. */
export function listField(value: Value, name: string): readonly Value[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list : [];
}

/** The rich-text features of one `$type` in the facets of a post (app.bsky.richtext.facet), in order. */
export function featuresOf(record: Value, type: string): RecordValue[] {
  return listField(record, "facets")
    .flatMap((facet) => listField(facet, "features"))
    .filter(isRecord)
    .filter((feature) => feature.$type === type);
}

/** The texts that are neither null nor empty, each once, in order of first appearance. */
export function distinctTexts(texts: readonly (string | null)[]): string[] {
  return [...new Set(texts)].filter((text): text is string => text !== null && text !== "");
}
