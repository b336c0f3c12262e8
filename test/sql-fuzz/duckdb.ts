// DuckDB over the tape: makes the tables of a program, and reads what its topics must hold.

import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Draft, Expected } from "./draft.ts";
import type { Field } from "./fields.ts";
import type { TapeEntry } from "./tape.ts";
import { EXACT_BITS, loadTape } from "./tape-sql.ts";

export type ExpectedRecord = Readonly<Record<string, unknown>>;
export type Answer = {
  /** By topic, in no order. */
  readonly topics: ReadonlyMap<string, readonly ExpectedRecord[]>;
  /** By pipeline and counter: `p late`. */
  readonly counts: ReadonlyMap<string, number>;
};

export async function openDuckdb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  // Tables of a hundred rows: planning would take longer than it saves.
  await connection.run("PRAGMA disable_optimizer");
  return connection;
}

/** @throws Error of DuckDB, with the statement */
export async function answerOf(
  connection: DuckDBConnection,
  draft: Draft,
  partitions: readonly (readonly TapeEntry[])[],
): Promise<Answer> {
  await loadTape(connection, partitions);
  for (const statement of draft.tables.statements) {
    try {
      await connection.run(statement);
    } catch (error) {
      throw new Error(`${String(error)}\n${statement}`, { cause: error });
    }
  }
  const topics = new Map<string, readonly ExpectedRecord[]>();
  for (const expected of [...draft.expected, ...draft.sides]) {
    topics.set(expected.topic, await recordsOf(connection, expected));
  }
  const counts = new Map<string, number>();
  for (const { pipeline, counter, query } of draft.counts) {
    const [row] = (await connection.runAndReadAll(query)).getRowsJS();
    const name = `${pipeline} ${counter}`;
    counts.set(name, (counts.get(name) ?? 0) + Number(row?.[0]));
  }
  return { topics, counts };
}

async function recordsOf(
  connection: DuckDBConnection,
  { records }: Expected,
): Promise<ExpectedRecord[]> {
  const columns = ["_t", ...records.fields.map(({ sql }) => sql)];
  const result = await connection.runAndReadAll(
    `SELECT ${columns.join(", ")} FROM ${records.table}`,
  );
  return result.getRowObjectsJS().map((row) => recordOf(row, records.fields));
}

function recordOf(
  row: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
): ExpectedRecord {
  const record: Record<string, unknown> = { time: iso(row._t) };
  for (const field of fields) {
    const value = plainOf(row[field.sql], field);
    const [outer = "", inner] = field.fpl.split(".");
    if (inner === undefined) record[outer] = value;
    else record[outer] = { ...(record[outer] as object | undefined), [inner]: value };
  }
  return record;
}

function plainOf(value: unknown, { type, check }: Field): unknown {
  if (check === "exact sum") return scaled(value);
  if (check === "exact average") {
    const { sum, n } = value as { sum: bigint | null; n: bigint };
    return sum === null ? null : scaled(sum) / Number(n);
  }
  if (type === "instant") return value === null ? null : iso(value);
  return typeof value === "bigint" ? Number(value) : value;
}

/** The nearest double of an integer multiple of 2^-56. */
function scaled(value: unknown): number {
  return Number(value) / 2 ** EXACT_BITS;
}

function iso(ms: unknown): string {
  return new Date(Number(ms)).toISOString();
}
