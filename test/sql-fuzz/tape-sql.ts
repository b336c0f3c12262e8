// The tape as SQL gets it: one table `tape`, watermarks included.

import type { DuckDBConnection } from "@duckdb/node-api";
import { sampleHash } from "./sample-hash.ts";
import type { TapeEntry, TapeEvent } from "./tape.ts";

/** Columns with their types: a row is an event, or with `w` a watermark. */
const COLUMNS = {
  pos: "BIGINT",
  part: "BIGINT",
  w: "BIGINT",
  did: "VARCHAR",
  did_hash: "BIGINT",
  t: "BIGINT",
  seq: "BIGINT",
  place: "BIGINT",
  kind: "VARCHAR",
  op: "VARCHAR",
  collection: "VARCHAR",
  rkey: "VARCHAR",
  handle: "VARCHAR",
  active: "BOOLEAN",
  s: "VARCHAR",
  n: "DOUBLE",
  x: "DOUBLE",
  x56: "HUGEINT",
  b: "BOOLEAN",
  l: ["VARCHAR"],
  m: ["DOUBLE"],
  u: ["VARCHAR"],
  u_is_text: "BOOLEAN",
} as const;

/** Numbers are exact multiples of 2^-56: as integers they add without rounding. */
export const EXACT_BITS = 56;

type Row = Readonly<Partial<Record<keyof typeof COLUMNS, unknown>>>;

/** Makes the table anew. */
export async function loadTape(
  connection: DuckDBConnection,
  partitions: readonly (readonly TapeEntry[])[],
): Promise<void> {
  const rows = partitions.flatMap((entries) => entries.map(rowOf));
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE tape AS SELECT row.* FROM (SELECT unnest(from_json($1::JSON, $2)) AS row)`,
    [JSON.stringify(rows), JSON.stringify([COLUMNS])],
  );
}

function rowOf(entry: TapeEntry, pos: number): Row {
  const { partition } = entry;
  if (entry.what === "watermark") return { pos, part: partition, w: entry.watermarkMs };
  return { pos, part: partition, ...eventRow(entry), ...recordRow(entry) };
}

function eventRow(event: TapeEvent): Row {
  const { did, timeMs, seq, place, kind, op, collection, rkey, handle, active } = event;
  return {
    did,
    did_hash: sampleHash(did),
    t: timeMs,
    seq,
    place,
    kind,
    op,
    collection,
    rkey,
    handle,
    active,
  };
}

function recordRow({ record }: TapeEvent): Row {
  if (record === null) return {};
  const { s, n, x, b, l, m, u } = record;
  const isText = typeof u === "string";
  const x56 = x === undefined ? null : String(BigInt(x * 2 ** EXACT_BITS));
  return { s, n, x, x56, b, l, m, u: isText ? null : u, u_is_text: isText };
}
