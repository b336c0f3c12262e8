// SQL text: literals, and a list of statements that make one table after the other.

/**
 * The order of records, to sort by: the columns that every table of records has beside its fields and its instant
 * `_t`. A missing index is 0.
 */
export const BY_ORDER = "_seen, _seq, list_resize(_place, 8, 0)";

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The tables of a program, each made from those before it. */
export class Tables {
  readonly #statements: string[] = [];

  get statements(): readonly string[] {
    return this.#statements;
  }

  /** Adds a table; gives its name. */
  make(select: string): string {
    const name = `t${this.#statements.length + 1}`;
    this.#statements.push(`CREATE OR REPLACE TEMP TABLE ${name} AS ${select}`);
    return name;
  }
}
