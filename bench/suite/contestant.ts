// What runs in a race: the same question on the same events, asked in one way.

import type { BenchFiles } from "../data/files.ts";

/** The questions of the suite, by the name of their program in bench/programs. */
export const QUERIES = [
  "filter-map",
  "hashtags",
  "likes-per-minute",
  "q1-collections",
  "q2-users",
  "q3-hours",
  "q4-first-posters",
  "q5-longest-activity",
] as const;
export type Query = (typeof QUERIES)[number];

/** One record of an answer, as plain JSON with the same fields whoever gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** One pass over all events; only what happens before it is returned is timed. */
export type Round = {
  readonly events: number;
  /** How many of them were looked at by the program, where something else kept the rest away. */
  readonly reached?: number;
  readonly rows: () => readonly Row[];
  /** Where the question allows estimates: everything a right answer may be chosen from. */
  readonly truth?: () => readonly Row[];
};

export interface Contestant {
  round(): Round | Promise<Round>;
}

/** Reads its input and gets ready; not timed. */
export type OpenContestant = (query: Query, files: BenchFiles) => Promise<Contestant>;
