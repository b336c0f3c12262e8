// A random program while it is drawn: its text, and beside it the tables that SQL makes of the same steps.

import type { Random } from "../../runtime/testing/random.ts";
import type { Field } from "./fields.ts";
import { Tables } from "./sql.ts";
import type { Unit } from "./tape.ts";

/** Records between two stages: a table with the order columns, and one column for each field. */
export type Records = {
  readonly table: string;
  readonly fields: readonly Field[];
  /** Whether the fields are all that a record has, so that it can be published as it is. */
  readonly flat: boolean;
  /** Whether two records may stand at the same place of the order: then nothing is asked that it decides. */
  readonly tied: boolean;
  /** Keys of the windowed reduce these are results of, as long as `top` may follow. */
  readonly keys: readonly Field[] | null;
};

/** What a topic must hold. */
export type Expected = { readonly topic: string; readonly records: Records };

/** A query that gives one number, which must be the pipeline's counter. */
export type ExpectedCount = {
  readonly pipeline: string;
  readonly counter: "late" | "deadLetters";
  readonly query: string;
};

export class Draft {
  readonly random: Random;
  readonly unit: Unit;
  /** See `partitioned`. */
  readonly told: boolean;
  readonly tables = new Tables();
  readonly expected: Expected[] = [];
  /** Topics of late records: nobody reads those further. */
  readonly sides: Expected[] = [];
  readonly counts: ExpectedCount[] = [];
  /** What the program is made of, for the statistics. */
  readonly shapes = new Set<string>();
  /** What names of topics and pipelines begin with, so that several programs can run beside each other. */
  readonly prefix: string;
  pipeline = "";
  /** Whether a stage of the pipeline bounds its keys, which it does in each of its partitions. */
  onePartition = false;
  #names = 0;

  constructor(random: Random, unit: Unit, told: boolean, prefix = "fuzz") {
    this.random = random;
    this.unit = unit;
    this.told = told;
    this.prefix = prefix;
  }

  /** A name nobody has yet. */
  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  count(counter: ExpectedCount["counter"], query: string): void {
    this.counts.push({ pipeline: this.pipeline, counter, query });
  }

  /** Whole units as a duration of the language, and in milliseconds. */
  duration(units: number): { readonly fpl: string; readonly ms: number } {
    return this.unit === "second"
      ? { fpl: `${units}s`, ms: units * 1000 }
      : { fpl: `${units}h`, ms: units * 3_600_000 };
  }
}

/** A stage: how it is written, and what comes out of it. */
export type Step = { readonly fpl: string; readonly records: Records };
