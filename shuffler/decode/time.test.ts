import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDatetimeAt } from "./time.ts";

/** Of a text that stands among other bytes. */
function parseDatetime(text: string): number | null {
  const bytes = Buffer.from(`0${text}0`);
  return parseDatetimeAt(bytes, 1, bytes.length - 1);
}

describe("parseDatetime", () => {
  it("reads what Date prints", () => {
    const dates = fc.date({
      min: new Date("0010-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseDatetime(date.toISOString())).toBe(date.getTime());
      }),
    );
  });

  it("reads offsets, missing fractions and fractions finer than a millisecond", () => {
    const ms = Date.UTC(2026, 6, 4, 10, 0, 1);
    expect(parseDatetime("2026-07-04T10:00:01Z")).toBe(ms);
    expect(parseDatetime("2026-07-04T12:00:01+02:00")).toBe(ms);
    expect(parseDatetime("2026-07-04T04:30:01.5-05:30")).toBe(ms + 500);
    expect(parseDatetime("2026-07-04T10:00:01.123999999Z")).toBe(ms + 123);
  });

  it("reads years before 1000, and those that are two digits and zeros", () => {
    for (const text of [
      "0985-04-12T23:20:50.123Z",
      "0099-02-28T00:00:00Z",
      "0010-01-01T00:00:00Z",
    ]) {
      expect(parseDatetime(text), text).toBe(Date.parse(text));
    }
    expect(parseDatetime("0099-02-29T00:00:00Z")).toBeNull();
  });

  it.each([
    "",
    "2026-07-04",
    "2026-07-04T10:00:01",
    "2026-07-04 10:00:01Z",
    "2026-07-04T10:00:01z",
    "2026-13-04T10:00:01Z",
    "2026-02-29T10:00:01Z",
    "2026-07-04T24:00:00Z",
    "2026-07-04T10:60:01Z",
    "2026-07-04T10:00:60Z",
    "2026-07-04T10:00:01-00:00",
    "0009-07-04T10:00:01Z",
    "+12026-07-04T10:00:01Z",
    " 2026-07-04T10:00:01Z",
    "2026-07-04T10:00:01Z\n",
  ])("refuses %j", (text) => {
    expect(parseDatetime(text)).toBeNull();
  });

  it("says the same of a time on the day it has just seen as of any other", () => {
    const day = "2026-07-04";
    const chars = fc.constantFrom(..."0123456789TZ:.-+ é".split(""));
    const property = fc.property(fc.nat(86_399_999), fc.nat(23), chars, (ms, at, char) => {
      const whole = new Date(Date.parse(`${day}T00:00:00Z`) + ms).toISOString();
      const text = whole.slice(0, at) + char + whole.slice(at + 1);
      parseDatetime("1999-01-01T00:00:00.000Z");
      const answer = parseDatetime(text);
      parseDatetime(`${day}T00:00:00.000Z`);
      expect(parseDatetime(text)).toBe(answer);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
