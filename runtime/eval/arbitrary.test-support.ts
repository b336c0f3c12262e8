// Random values for property tests: small, with many equal and nearly equal ones among them.

import fc from "fast-check";
import { INSTANT_MS_MAX, INSTANT_MS_MIN } from "./time.ts";
import { CidLink, Duration, Instant, type RecordValue, setField, type Value } from "./values.ts";

const CIDS = [
  "bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5qj3wm6dkw4z2aa",
  "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
];
/** Names that are something else on JavaScript's own objects, and ordinary ones. */
export const NAMES = ["a", "b", "c", "length", "cid", "ms", "0", "__proto__", "constructor"];

/** The least and the greatest there are. */
const EXTREMES = [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE];
const EXTREME_INSTANTS = [INSTANT_MS_MIN, INSTANT_MS_MAX];
const EXTREME_DURATIONS = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

export function arbitraryText(): fc.Arbitrary<string> {
  const point = fc.constantFrom("a", "b", "B", "é", "\u{ff21}", "😀", "1", " ");
  return fc.array(point, { maxLength: 4 }).map((points) => points.join(""));
}

export function arbitraryNumber(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: -3, max: 5 }),
    fc.constantFrom(0.5, -1.25, 2 ** 40, 1e300, ...EXTREMES),
  );
}

function recordOf(entries: readonly (readonly [string, Value])[]): RecordValue {
  const record: RecordValue = {};
  for (const [name, value] of entries) setField(record, name, value);
  return record;
}

/** A few milliseconds around 0, and now and then an extreme. */
function near(extremes: readonly number[]): fc.Arbitrary<number> {
  const few = fc.integer({ min: -2, max: 2 });
  return fc.oneof(
    { weight: 4, arbitrary: few },
    { weight: 1, arbitrary: fc.constantFrom(...extremes) },
  );
}

/** Any value of the language. */
export function arbitraryValue(): fc.Arbitrary<Value> {
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom<Value>(null, true, false),
      arbitraryNumber(),
      arbitraryText(),
      fc.constantFrom(...CIDS).map((cid) => new CidLink(cid)),
      near(EXTREME_INSTANTS).map((ms) => new Instant(ms)),
      near(EXTREME_DURATIONS).map((ms) => new Duration(ms)),
      fc.uint8Array({ maxLength: 2 }),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.array(fc.tuple(fc.constantFrom(...NAMES), tie("value")), { maxLength: 3 }).map(recordOf),
    ),
  }));
  return value;
}
