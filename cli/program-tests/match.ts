// Whether a record has what a test expects of it, and where it differs.

import type { Json } from "../../plan/expr.ts";

/** One field that differs; `path` is empty for the whole record. */
export type Difference = {
  readonly path: string;
  readonly expected: Json;
  /** Null when it is missing, which is what reading it would give. */
  readonly actual: Json;
};

/** Every field of `expected` that `actual` has not: objects may have more fields, lists must be as long. */
export function differences(expected: Json, actual: Json, path = ""): Difference[] {
  if (isList(expected) && isList(actual) && expected.length === actual.length) {
    return expected.flatMap((item, i) => differences(item, actual[i] ?? null, `${path}[${i}]`));
  }
  if (isObject(expected) && isObject(actual)) {
    return Object.entries(expected).flatMap(([name, value]) => {
      const field = Object.hasOwn(actual, name) ? actual[name] : null;
      return differences(value, field ?? null, path === "" ? name : `${path}.${name}`);
    });
  }
  return same(expected, actual) ? [] : [{ path, expected, actual }];
}

function same(a: Json, b: Json): boolean {
  if (isList(a) || isList(b)) return isList(a) && isList(b) && a.length === 0 && b.length === 0;
  return a === b;
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `Array.isArray` does not narrow readonly lists. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
