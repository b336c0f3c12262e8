// `to_array`, `to_number`, `to_string`

import { burn } from "../fuel.ts";
import { formatInstant, toJson } from "../json.ts";
import { limitedText } from "../limits.ts";
import { Instant, isRecord, textOf, type Value } from "../values.ts";

/** A number as JSON writes it (RFC 8259 section 6). */
const JSON_NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/** `to_array(x)`: a list as it is, anything else as the only element of one. */
export function asArray(value: Value): Value {
  return Array.isArray(value) ? value : [value];
}

/** `to_number(x)`: a number, or a string that is one in JSON; null for anything else. */
export function asNumber(value: Value): Value {
  if (typeof value === "number") return value;
  const text = textOf(value);
  if (text === null || !JSON_NUMBER.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

/** `to_string(x)`: a string as it is, an instant as RFC 3339, anything else as JSON. */
export function asString(value: Value): Value {
  const text = textOf(value);
  if (text !== null) return text;
  if (value instanceof Instant) return formatInstant(value);
  burnTree(value);
  return limitedText(JSON.stringify(toJson(value)));
}

/** An expression can share parts of a value that JSON writes out each time: counts them as written. */
function burnTree(value: Value): void {
  burn(1);
  if (Array.isArray(value)) value.forEach(burnTree);
  else if (isRecord(value)) Object.values(value).forEach(burnTree);
}
