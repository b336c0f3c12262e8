import { expect, it } from "vitest";
import { formatInstant, toJson } from "./json.ts";
import { INSTANT_MS_MAX, INSTANT_MS_MIN } from "./time.ts";
import { CidLink, Duration, Instant, type RecordValue, setField } from "./values.ts";

it("writes values in JSON as the command line promises", () => {
  const value = {
    at: new Instant(1783000000123),
    size: new Duration(300_000),
    link: new CidLink("bafyabc"),
    bytes: Uint8Array.of(1, 2, 3, 4),
    rest: [null, true, 1.5, "x", { a: [] }],
  };
  expect(toJson(value)).toEqual({
    at: "2026-07-02T13:46:40.123Z",
    size: 300_000,
    link: { $link: "bafyabc" },
    bytes: { $bytes: "AQIDBA" },
    rest: [null, true, 1.5, "x", { a: [] }],
  });
});

it("writes the first and the last instant with four-digit years", () => {
  expect(formatInstant(new Instant(INSTANT_MS_MIN))).toBe("0000-01-01T00:00:00.000Z");
  expect(formatInstant(new Instant(INSTANT_MS_MAX))).toBe("9999-12-31T23:59:59.999Z");
});

it("keeps a field named `__proto__`", () => {
  const record: RecordValue = {};
  setField(record, "__proto__", new Duration(1));
  expect(JSON.stringify(toJson(record))).toBe('{"__proto__":1}');
});
