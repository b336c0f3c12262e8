// DuckDB over the JSON lines: a batch engine, so no peer in kind, but what one would reach for with a file.
// `loaded` asks a table made beforehand, which is what it is best at.

import { DuckDBInstance } from "@duckdb/node-api";
import type { Contestant, OpenContestant, Row } from "../suite/contestant.ts";
import { COLUMNS, SQL } from "./duckdb-queries.ts";
import { isoText } from "./jetstream-event.ts";

export type DuckdbOptions = {
  /** Null: as many as there are cores. */
  readonly threads: number | null;
  readonly loaded: boolean;
};

export function openDuckdb(options: DuckdbOptions): OpenContestant {
  return async (query, files) => {
    const instance = await DuckDBInstance.create(
      ":memory:",
      options.threads === null ? {} : { threads: String(options.threads) },
    );
    const connection = await instance.connect();
    const lines = `read_json('${files.lines}', format = 'newline_delimited', columns = ${COLUMNS[query]})`;
    if (options.loaded) await connection.run(`CREATE TABLE events AS SELECT * FROM ${lines}`);
    const sql = SQL[query](options.loaded ? "events" : lines);
    const contestant: Contestant = {
      round: async () => {
        const result = await connection.runAndReadAll(sql);
        const rows = (): Row[] => result.getRowObjectsJS().map(plainRow);
        return { events: files.events, rows };
      },
    };
    return contestant;
  };
}

/** Counts come as 64-bit integers, instants as milliseconds in columns named `…_ms`. */
function plainRow(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const plain = typeof value === "bigint" ? Number(value) : value;
      return name.endsWith("_ms") ? [name.slice(0, -3), isoText(Number(plain))] : [name, plain];
    }),
  );
}
