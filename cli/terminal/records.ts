// Records for people: one aligned line each, those of one window together.
//
//   12:10–12:20  #caturday    posts 12  authors 9
//                #nowplaying  posts 10  authors 7
//                … 18 more

import { width } from "../../compiler/diagnostics/location.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { Instant, isRecord, type Value } from "../../runtime/eval/values.ts";
import type { TopicRecord } from "../topic-reader.ts";
import type { Paint } from "./paint.ts";
import { formatClock } from "./units.ts";

export type RecordTextOptions = {
  readonly paint: Paint;
  /** Lines for one window; the rest is only counted. */
  readonly rowsMax?: number;
  /** Name the topic of each group: there are several. */
  readonly withTopic?: boolean;
};

/** Lines shown of one window by commands that print records as they come. */
export const WINDOW_ROWS_MAX = 5;
/** Longest text shown of one field, in code points. */
const FIELD_MAX = 40;
/** Written by the record's time or its window, which the label shows. */
const LABEL_FIELDS = new Set(["time", "window"]);
/** What a terminal could take for a command, and what turns the writing direction around. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]+/gu;

/** The lines of records that came together. */
export function recordText(records: readonly TopicRecord[], options: RecordTextOptions): string {
  const groups: Group[] = [];
  for (const one of records) {
    const label = labelOf(one.record);
    const last = groups.at(-1);
    if (last !== undefined && last.label === label && last.topic === one.topic) {
      last.records.push(one.record);
    } else groups.push({ label, topic: one.topic, records: [one.record] });
  }
  return groups.map((group) => groupText(group, options)).join("");
}

type Group = { readonly label: string; readonly topic: string; readonly records: Value[] };

/** `12:10–12:20` of a window, `12:10:07` of a time, nothing without either. */
function labelOf(record: Value): string {
  if (!isRecord(record)) return "";
  const { window, time } = record;
  if (isRecord(window) && window.start instanceof Instant && window.end instanceof Instant) {
    return `${clock(window.start)}–${clock(window.end)}`;
  }
  return time instanceof Instant ? formatClock(time.ms) : "";
}

/** Seconds only where there are any. */
function clock({ ms }: Instant): string {
  return formatClock(ms).replace(/:00$/, "");
}

function groupText({ label, topic, records }: Group, options: RecordTextOptions): string {
  const { paint, rowsMax = Number.POSITIVE_INFINITY, withTopic = false } = options;
  const head = withTopic ? `${label}  ${topic}` : label;
  const blank = " ".repeat(width(head));
  const shown = records.slice(0, rowsMax);
  const lines = aligned(shown.map(cellsOf)).map(
    (line, i) => `${i === 0 ? paint.dim(head) : blank}  ${line}`,
  );
  if (records.length > shown.length) {
    lines.push(`${blank}  ${paint.dim(`… ${records.length - shown.length} more`)}`);
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** What stands in one column of a line; numbers go to the right behind their name. */
type Cell = { readonly name: string; readonly value: string; readonly right: boolean };

function cellsOf(record: Value): Cell[] {
  if (!isRecord(record)) return [{ name: "", value: short(jsonOf(record)), right: false }];
  return Object.keys(record)
    .filter((name) => !LABEL_FIELDS.has(name))
    .map((name) => cell(name, record[name] ?? null));
}

/** Texts speak for themselves; numbers and the like need their names. */
function cell(name: string, value: Value): Cell {
  if (typeof value === "string")
    return { name: "", value: short(textFor(name, value)), right: false };
  return { name: short(name), value: short(jsonOf(value)), right: typeof value === "number" };
}

/** A tag as people write it; of an at:// URI the record key, for the rest of it is long. */
function textFor(name: string, text: string): string {
  if (name === "tag") return `#${text}`;
  return text.startsWith("at://") ? `…${text.slice(text.lastIndexOf("/"))}` : text;
}

function jsonOf(value: Value): string {
  return JSON.stringify(toJson(value));
}

function short(text: string): string {
  const points = Array.from(text.replaceAll(UNPRINTABLE, " "));
  if (points.length <= FIELD_MAX) return points.join("");
  return `${points.slice(0, FIELD_MAX - 1).join("")}…`;
}

function aligned(rows: readonly (readonly Cell[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((one, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cellWidth(one));
    });
  }
  return rows.map((row) => row.map((one, i) => padded(one, widths[i] ?? 0)).join("  "));
}

function cellWidth({ name, value }: Cell): number {
  return (name === "" ? 0 : width(name) + 1) + width(value);
}

function padded(one: Cell, columns: number): string {
  const space = " ".repeat(columns - cellWidth(one));
  const { name, value, right } = one;
  if (name === "") return value + space;
  return right ? `${name} ${space}${value}` : `${name} ${value}${space}`;
}
