// SQL text: literals, and a list of statements that make one table after the other.

/**
 * The order of records, to sort by: the columns that every table of records has beside its fields and its instant
 * `_t`. A missing index is 0.
 */
export const BY_ORDER = "_seen, _seq, list_resize(_place, 8, 0)";

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

type Statement = { readonly exact: string; readonly tiesAsText: string };

/** The tables of a program, each made from those before it. */
export class Tables {
  readonly #statements: Statement[] = [];

  /** @param tiesAsText with the ties that `top` breaks broken by the text of the key, a known fault of the engine */
  statements(tiesAsText = false): string[] {
    return this.#statements.map((one) => (tiesAsText ? one.tiesAsText : one.exact));
  }

  /** Whether the fault can show. */
  get hasTies(): boolean {
    return this.#statements.some(({ exact, tiesAsText }) => exact !== tiesAsText);
  }

  /** Adds a table; gives its name. */
  make(exact: string, tiesAsText = exact): string {
    const name = `t${this.#statements.length + 1}`;
    const statement = (select: string): string =>
      `CREATE OR REPLACE TEMP TABLE ${name} AS ${select}`;
    this.#statements.push({ exact: statement(exact), tiesAsText: statement(tiesAsText) });
    return name;
  }
}
