import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CalendarPanes, Zone } from "./calendar.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;

describe("days of a time zone", () => {
  it.each([
    ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z", 23],
    ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z", 25],
    ["America/New_York", "2026-03-08", "2026-03-08T05:00:00.000Z", 23],
    ["Asia/Kathmandu", "2026-07-04", "2026-07-03T18:15:00.000Z", 24],
    ["Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00.000Z", 24.5],
    // Clocks jump from 24:00 to 01:00: the day has no midnight.
    ["America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z", 23],
    // And back from 24:00 to 23:00: the day before has 25 hours.
    ["America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00.000Z", 25],
    ["UTC", "2026-07-04", "2026-07-04T00:00:00.000Z", 24],
  ])("%s %s begins at %s and has %d hours", (name, date, start, hours) => {
    const zone = new Zone(name);
    const day = dayNumber(date);
    expect(iso(zone.startOfDay(day))).toBe(start);
    expect((zone.startOfDay(day + 1) - zone.startOfDay(day)) / HOUR_MS).toBe(hours);
  });

  it("leave out a day that a zone left out", () => {
    const zone = new Zone("Pacific/Apia");
    const gone = dayNumber("2011-12-30");
    expect(zone.startOfDay(gone)).toBe(zone.startOfDay(gone + 1));
    expect(zone.dayOf(zone.startOfDay(gone))).toBe(gone + 1);
    expect(zone.dayOf(zone.startOfDay(gone) - 1)).toBe(gone - 1);
  });

  it("contain every instant once, and agree with the local date where clocks go forward only", () => {
    const names = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Africa/Cairo", "UTC"];
    const instants = fc.integer({ min: Date.UTC(1950, 0), max: Date.UTC(2040, 0) });
    for (const name of names) {
      const zone = new Zone(name);
      const local = new Intl.DateTimeFormat("sv-SE", { timeZone: name, dateStyle: "short" });
      fc.assert(
        fc.property(instants, (timeMs) => {
          const day = zone.dayOf(timeMs);
          expect(zone.startOfDay(day)).toBeLessThanOrEqual(timeMs);
          expect(zone.startOfDay(day + 1)).toBeGreaterThan(timeMs);
          expect(dayNumber(local.format(timeMs))).toBe(day);
        }),
      );
    }
  });

  it("refuse a zone that there is not", () => {
    expect(() => new Zone("Europe/Atlantis")).toThrow(RangeError);
  });
});

describe("windows of days", () => {
  it("contain an instant in exactly those with start ≤ time < end", () => {
    const cases = fc.record({
      everyDays: fc.integer({ min: 1, max: 5 }),
      factor: fc.integer({ min: 1, max: 9 }),
      timeMs: fc.integer({ min: Date.UTC(2026, 2, 1), max: Date.UTC(2026, 3, 30) }),
    });
    const zone = new Zone("Europe/Berlin");
    fc.assert(
      fc.property(cases, ({ everyDays, factor, timeMs }) => {
        const sizeDays = Math.max(everyDays, factor);
        const spec = {
          kind: "calendar",
          tz: "Europe/Berlin",
          graceMs: 0,
          sizeDays,
          everyDays,
        } as const;
        const panes = new CalendarPanes(spec);
        const first = Math.floor(Date.UTC(2026, 1, 1) / DAY_MS / everyDays) * everyDays;
        const ends: number[] = [];
        for (let day = first; day < first + 120; day += everyDays) {
          const [start, end] = [zone.startOfDay(day), zone.startOfDay(day + sizeDays)];
          if (start <= timeMs && timeMs < end) ends.push(end);
        }
        expect(panes.firstEnd(timeMs)).toBe(Math.min(...ends));
        expect(panes.lastEnd(timeMs)).toBe(Math.max(...ends));
        expect(panes.startOf(panes.lastEnd(timeMs))).toBeLessThanOrEqual(timeMs);
        expect(panes.paneStart(timeMs)).toBeLessThanOrEqual(timeMs);
      }),
    );
  });
});
