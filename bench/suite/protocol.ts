// What the suite and a contestant's process say to each other.

import type { BenchFiles } from "../data/files.ts";
import type { Query, Row } from "./contestant.ts";
import type { ContestantName } from "./workloads.ts";

export type ToChild =
  | {
      readonly kind: "open";
      readonly contestant: ContestantName;
      /** Null for frames. */
      readonly query: Query | null;
      readonly files: BenchFiles;
    }
  | { readonly kind: "round" }
  /** Rows of the last answer, or all that a right answer may be chosen from. */
  | { readonly kind: "rows" | "truth" };

export type Timing = {
  readonly kind: "timing";
  readonly events: number;
  readonly reached: number | null;
  readonly seconds: number;
  /** Of the whole process: more than `seconds` where several threads work. */
  readonly cpuSeconds: number;
  readonly rows: number;
  /** Of the rows in whatever order. */
  readonly digest: string;
};

export type FromChild =
  | { readonly kind: "opened"; readonly rssBytes: number }
  | Timing
  | { readonly kind: "rows"; readonly rows: readonly Row[] };
