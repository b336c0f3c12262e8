// What is known of a record's fields. Names only: types are a later pass.

/** The names of the top-level fields; null when nothing is known. */
export type Shape = ReadonlySet<string> | null;
