// `host(url)`

import { textOf, type Value } from "../values.ts";

/** The host name of an http or https URL, lower-cased, without port; null for anything else. */
export function host(url: Value): Value {
  const text = textOf(url);
  if (text === null) return null;
  const parsed = URL.parse(text);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return null;
  return parsed.hostname;
}
