// The tape as SQL gets it: one table `tape`, watermarks included.

import { bool, list, num, text } from "./sql.ts";
import type { TapeEntry, TapeEvent } from "./tape.ts";

const COLUMNS = `pos BIGINT, part BIGINT, w BIGINT, did VARCHAR, t BIGINT, seq BIGINT, place BIGINT, kind VARCHAR,
  op VARCHAR, collection VARCHAR, rkey VARCHAR, handle VARCHAR, active BOOLEAN, has_record BOOLEAN, s VARCHAR,
  n DOUBLE, x DOUBLE, x56 HUGEINT, b BOOLEAN, l VARCHAR[], m DOUBLE[], u VARCHAR[], u_is_text BOOLEAN`;

/** Numbers are exact multiples of 2^-56: as integers they add without rounding. */
export const EXACT_BITS = 56;

/** Statements that make the table. */
export function tapeStatements(partitions: readonly (readonly TapeEntry[])[]): string[] {
  const rows = partitions.flatMap((entries) => entries.map((entry, pos) => rowOf(entry, pos)));
  const values = rows.length === 0 ? "" : `INSERT INTO tape VALUES ${rows.join(",\n")}`;
  return [`CREATE OR REPLACE TEMP TABLE tape (${COLUMNS})`, values].filter((one) => one !== "");
}

function rowOf(entry: TapeEntry, pos: number): string {
  if (entry.what === "watermark") {
    return `(${pos}, ${entry.partition}, ${entry.watermarkMs}${", NULL".repeat(20)})`;
  }
  return `(${[pos, entry.partition, "NULL", ...eventColumns(entry)].join(", ")})`;
}

function eventColumns(event: TapeEvent): string[] {
  const { record } = event;
  const either = record?.u;
  return [
    text(event.did),
    String(event.timeMs),
    String(event.seq),
    String(event.place),
    text(event.kind),
    text(event.op),
    text(event.collection),
    text(event.rkey),
    text(event.handle),
    bool(event.active),
    bool(record !== null),
    text(record?.s),
    num(record?.n),
    num(record?.x),
    record?.x === undefined ? "NULL" : `${BigInt(record.x * 2 ** EXACT_BITS)}::HUGEINT`,
    bool(record?.b),
    list(record?.l, text),
    list(record?.m, num),
    typeof either === "string" ? list([either], text) : list(either, text),
    bool(typeof either === "string"),
  ];
}
