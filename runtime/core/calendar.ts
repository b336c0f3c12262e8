// Windows of whole days in a time zone: a day of 23 or 25 hours is one day.
//
//   day d of zone z = [start(d), start(d + 1))     start(d) = first instant whose local date is d
//   windows start at days that are multiples of `everyDays`, counted from 1970-01-01
//
// Offsets come from the ICU data of the Node that runs this (`process.versions.tz`).

import type { CalendarWindow } from "../../plan/plan.ts";
import { floorTo, greatestCommonDivisor, type Panes } from "./panes.ts";

const DAY_MS = 86_400_000;
/** Starts of days that are remembered; one more, and they are computed anew. */
const DAYS_CACHED = 4096;

export class CalendarPanes implements Panes {
  readonly #zone: Zone;
  readonly #sizeDays: number;
  readonly #everyDays: number;
  readonly #paneDays: number;

  constructor({ tz, sizeDays, everyDays }: CalendarWindow) {
    this.#zone = new Zone(tz);
    this.#sizeDays = sizeDays;
    this.#everyDays = everyDays;
    this.#paneDays = greatestCommonDivisor(sizeDays, everyDays);
  }

  paneStart(timeMs: number): number {
    return this.#zone.startOfDay(floorTo(this.#zone.dayOf(timeMs), this.#paneDays));
  }

  firstEnd(timeMs: number): number {
    const last = this.#zone.dayOf(timeMs) - this.#sizeDays;
    return this.#zone.startOfDay(floorTo(last, this.#everyDays) + this.#everyDays + this.#sizeDays);
  }

  lastEnd(timeMs: number): number {
    const start = floorTo(this.#zone.dayOf(timeMs), this.#everyDays);
    return this.#zone.startOfDay(start + this.#sizeDays);
  }

  startOf(endMs: number): number {
    return this.#zone.startOfDay(this.#zone.dayOf(endMs) - this.#sizeDays);
  }
}

/** Days of a time zone, numbered from 1970-01-01 of its own calendar. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #starts = new Map<number, number>();

  /** @param name an IANA zone. @throws RangeError when there is none of that name. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  }

  /** The day that contains `timeMs`: the last one that has begun. */
  dayOf(timeMs: number): number {
    let day = Math.floor(timeMs / DAY_MS) + 1;
    while (this.startOfDay(day) > timeMs) day -= 1;
    while (this.startOfDay(day + 1) <= timeMs) day += 1;
    return day;
  }

  /** The first instant of `day`. Where clocks go back over midnight it is the earlier one. */
  startOfDay(day: number): number {
    let start = this.#starts.get(day);
    if (start === undefined) {
      start = this.#findStart(day * DAY_MS);
      if (this.#starts.size >= DAYS_CACHED) this.#starts.clear();
      this.#starts.set(day, start);
    }
    return start;
  }

  /** @param midnightMs local midnight, as if it were UTC */
  #findStart(midnightMs: number): number {
    const [before, after] = [midnightMs - DAY_MS, midnightMs + DAY_MS];
    for (const offsetMs of [this.#offsetMs(before), this.#offsetMs(after)]) {
      const startMs = midnightMs - offsetMs;
      if (this.#offsetMs(startMs) === offsetMs) return startMs;
    }
    return this.#jumpBetween(before, after);
  }

  /** The clocks jump over midnight: the first instant after the jump. */
  #jumpBetween(beforeMs: number, afterMs: number): number {
    const offsetMs = this.#offsetMs(beforeMs);
    let [low, high] = [beforeMs, afterMs];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetMs(middle) === offsetMs) low = middle;
      else high = middle;
    }
    return high;
  }

  /** Local time less UTC. `GMT+05:30`, `GMT-00:01:15`, or `GMT` alone. */
  #offsetMs(timeMs: number): number {
    const parts = this.#format.formatToParts(timeMs);
    const text = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
    const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text);
    if (match === null) return 0;
    const [, sign, hours, minutes, seconds] = match;
    const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
    return (sign === "-" ? -1000 : 1000) * total;
  }
}
