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
