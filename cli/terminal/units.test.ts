import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, parseCount, parseDuration, plural } from "./units.ts";

describe("parseDuration", () => {
  it.each([
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["30", "s", "-1s", "1 s", "1w", ""])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow("is not a duration");
  });
});

describe("parseCount", () => {
  it("takes its least and refuses one less", () => {
    expect(parseCount("1")).toBe(1);
    expect(() => parseCount("0")).toThrow("at least 1");
  });

  it.each(["1.5", "x", "1e3", "", "99999999999999999999"])("refuses %j", (text) => {
    expect(() => parseCount(text)).toThrow("is not a whole number");
  });
});

it("writes durations, sizes and counts for people", () => {
  expect([850, 4230, 185_000, 7_620_000].map(formatDuration)).toEqual([
    "850 ms",
    "4.2 s",
    "3m 05s",
    "2h 07m",
  ]);
  expect([12, 1500, 2_000_000].map(formatBytes)).toEqual(["12 B", "1.5 kB", "2.0 MB"]);
  expect([plural(1, "record"), plural(1234, "record")]).toEqual(["1 record", "1,234 records"]);
});
