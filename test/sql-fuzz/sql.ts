// SQL text: literals, and a list of statements that make one table after the other.

/** Columns that every table of records has beside its fields: instant, order of arrival, place. */
export const ORDER_COLUMNS = ["_t", "_seen", "_seq", "_place"] as const;
/** The order of records, as an expression to sort by; a missing index is 0. */
export const BY_ORDER = "_seen, _seq, list_resize(_place, 8, 0)";

export function text(value: string | null | undefined): string {
  return value === null || value === undefined ? "NULL" : `'${value.replaceAll("'", "''")}'`;
}

export function num(value: number | null | undefined): string {
  return value === null || value === undefined ? "NULL" : `${value}::DOUBLE`;
}

export function bool(value: boolean | null | undefined): string {
  return value === null || value === undefined ? "NULL" : String(value);
}

export function list<T>(values: readonly T[] | null | undefined, one: (value: T) => string): string {
  return values === null || values === undefined ? "NULL" : `[${values.map(one).join(", ")}]`;
}

/** The tables of a program, each made from those before it. */
export class Tables {
  readonly statements: string[] = [];
  #made = 0;

  /** Adds a table; gives its name. */
  make(select: string): string {
    this.#made += 1;
    const name = `t${this.#made}`;
    this.statements.push(`CREATE OR REPLACE TEMP TABLE ${name} AS ${select}`);
    return name;
  }
}
