// Windows in both languages: how one is written, and which windows an instant is in.

import type { Draft, Records } from "./draft.ts";
import type { Field } from "./fields.ts";
import { pick } from "./tape.ts";

const DAY_MS = 86_400_000;

/** Windows that an instant alone decides. */
export type AlignedWindow = {
  readonly shape: string;
  /** What stands between the brackets, without the common options. */
  readonly fpl: string;
  /** A table of `source` (with a column `_at`), a row for each window a record is in: `_ws`, `_we`. */
  readonly assign: (source: string) => string;
};

export function drawAligned(draft: Draft): AlignedWindow {
  if (draft.unit === "hour" && draft.random.chance(0.5)) return drawCalendar(draft);
  return draft.random.chance(0.5) ? drawTumbling(draft) : drawHopping(draft);
}

function drawTumbling(draft: Draft): AlignedWindow {
  const size = draft.duration(3 + draft.random.int(40));
  return { shape: "tumbling", fpl: `tumbling(size: ${size.fpl}`, assign: every(size.ms, size.ms) };
}

function drawHopping(draft: Draft): AlignedWindow {
  const hop = 2 + draft.random.int(12);
  // Not always a multiple: the last window of a record is then cut differently from its first.
  const [step, size] = [draft.duration(hop), draft.duration(hop + draft.random.int(3 * hop))];
  const fpl = `hopping(size: ${size.fpl}, every: ${step.fpl}`;
  return { shape: "hopping", fpl, assign: every(size.ms, step.ms) };
}

function every(sizeMs: number, everyMs: number) {
  const windows = Math.ceil(sizeMs / everyMs);
  return (source: string): string =>
    `SELECT *, _ws + ${sizeMs} AS _we FROM
      (SELECT *, _at // ${everyMs} * ${everyMs} - ${everyMs} * unnest(range(${windows})) AS _ws FROM ${source})
     WHERE _ws > _at - ${sizeMs}`;
}

/** Offsets from UTC, minutes, and the instants at which they change. */
type Zone = {
  readonly base: number;
  readonly changes: readonly (readonly [atMs: number, minutes: number])[];
};
const ZONES: Readonly<Record<string, Zone>> = {
  "Europe/Berlin": {
    base: 60,
    changes: [
      [Date.UTC(2026, 2, 29, 1), 120],
      [Date.UTC(2026, 9, 25, 1), 60],
    ],
  },
  "America/New_York": {
    base: -300,
    changes: [
      [Date.UTC(2026, 2, 8, 7), -240],
      [Date.UTC(2026, 10, 1, 6), -300],
    ],
  },
  "Asia/Kolkata": { base: 330, changes: [] },
  UTC: { base: 0, changes: [] },
};

function drawCalendar(draft: Draft): AlignedWindow {
  const zone = pick(draft.random, Object.keys(ZONES));
  const everyDays = 1 + draft.random.int(2);
  const sizeDays = draft.random.chance(0.5) ? everyDays : everyDays + draft.random.int(3);
  const kind =
    sizeDays === everyDays
      ? `tumbling(size: ${sizeDays}d`
      : `hopping(size: ${sizeDays}d, every: ${everyDays}d`;
  const days = daysOf(zone);
  const windows = days
    .filter(({ day }) => day % everyDays === 0)
    .flatMap(({ day, startMs }) => {
      const end = days.find((one) => one.day === day + sizeDays);
      return end === undefined ? [] : [`(${startMs}, ${end.startMs})`];
    });
  return {
    shape: "calendar",
    fpl: `${kind}, tz: '${zone}'`,
    assign: (source) =>
      `SELECT s.*, v._ws, v._we FROM ${source} s JOIN (VALUES ${windows.join(", ")}) v(_ws, _we)
       ON v._ws <= s._at AND s._at < v._we`,
  };
}

/** The days of 2026 in a zone, numbered from 1970: no zone here changes its clocks at midnight. */
function daysOf(name: string): { readonly day: number; readonly startMs: number }[] {
  const zone = ZONES[name];
  if (zone === undefined) throw new Error(`no zone ${name}`);
  const first = Date.UTC(2026, 0, 1) / DAY_MS;
  return Array.from({ length: 366 }, (_, i) => {
    const day = first + i;
    const startMs = [zone.base, ...zone.changes.map(([, minutes]) => minutes)]
      .map((minutes) => day * DAY_MS - minutes * 60_000)
      .find((ms) => offsetOf(zone, ms) * 60_000 === day * DAY_MS - ms);
    return { day, startMs: startMs ?? Number.NaN };
  });
}

function offsetOf({ base, changes }: Zone, atMs: number): number {
  return changes.findLast(([changesMs]) => changesMs <= atMs)?.[1] ?? base;
}

/** Options that all windows share, with the instant a record counts at. */
export type WindowOptions = {
  readonly fpl: string;
  readonly at: string;
  readonly graceMs: number;
  readonly sideTopic: string | null;
};

const MAX_AHEAD_DEFAULT_MS = 10_000;

/**
 * @param session whose grace is at most ten minutes
 */
export function drawOptions(
  draft: Draft,
  { fields, flat: sideable }: Records,
  session: boolean,
): WindowOptions {
  const { random } = draft;
  const grace = random.chance(0.5) ? drawGrace(draft, session) : null;
  const on = random.chance(0.2) ? drawOn(draft, fields) : null;
  const sideTopic = sideable && random.chance(0.3) ? `${draft.prefix}.${draft.name("late")}` : null;
  if (grace !== null) draft.shapes.add("grace");
  if (sideTopic !== null) draft.shapes.add("late side");
  const parts = [
    grace === null ? "" : `, grace: ${grace.fpl}`,
    on?.fpl ?? "",
    sideTopic === null ? "" : `, late: side('${sideTopic}')`,
  ];
  return { fpl: parts.join(""), at: on?.at ?? "_t", graceMs: grace?.ms ?? 0, sideTopic };
}

function drawGrace(draft: Draft, session: boolean) {
  const units = draft.random.int(12);
  return session ? { fpl: `${units}s`, ms: units * 1000 } : draft.duration(units);
}

function drawOn(draft: Draft, fields: readonly Field[]) {
  const { random } = draft;
  draft.shapes.add("on");
  const off = random.int(25) - 10;
  const aheadS = random.chance(0.5) ? random.int(12) : null;
  const aheadMs = aheadS === null ? MAX_AHEAD_DEFAULT_MS : aheadS * 1000;
  const n = fields.find(({ fpl }) => fpl === "record.n");
  const own = n === undefined || random.chance(0.5);
  const sign = off < 0 ? "-" : "+";
  const on = own ? `time ${sign} ${Math.abs(off)}s` : `time - (${n.fpl} ?? 0) * 3s`;
  const sql = own ? `_t + ${off * 1000}` : `_t - coalesce(${n.sql}, 0)::BIGINT * 3000`;
  const ahead = aheadS === null ? "" : `, max_ahead: ${aheadS}s`;
  return { fpl: `, on: ${on}${ahead}`, at: `least(${sql}, _t + ${aheadMs})` };
}
