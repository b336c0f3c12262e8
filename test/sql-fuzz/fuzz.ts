// One seed: a random program over random events, by the engine and by DuckDB.

import type { DuckDBConnection } from "@duckdb/node-api";
import { seededRandom } from "../../runtime/testing/random.ts";
import { differenceOf } from "./compare.ts";
import { Draft } from "./draft.ts";
import { type Answer, answerOf } from "./duckdb.ts";
import { type EngineRun, runEngine } from "./engine.ts";
import { drawProgram } from "./program.ts";
import { type Commit, drawCommits, partitioned, type Unit } from "./tape.ts";
import { messagesOf } from "./tape-messages.ts";

const COMMITS_LEAST = 30;
const COMMITS_MORE = 80;

export type Finding = {
  readonly seed: number;
  readonly text: string;
  readonly shapes: ReadonlySet<string>;
  /** Records that topics must hold. */
  readonly records: number;
  /** What differs; null when nothing does. */
  readonly wrong: string | null;
  readonly commits: readonly Commit[];
  readonly statements: readonly string[];
};

/** @param broken shows that a fault is noticed: the engine does not get the event in the middle */
export async function fuzz(
  connection: DuckDBConnection,
  seed: number,
  broken = { losesOne: false },
): Promise<Finding> {
  const { draft, text, commits } = drawn(seed);
  const given = broken.losesOne ? commits.toSpliced(commits.length >> 1, 1) : commits;
  return await compared(connection, seed, { draft, text, commits }, given);
}

/** What the program of a seed is made of. */
export function shapesOf(seed: number): ReadonlySet<string> {
  return drawn(seed).draft.shapes;
}

type Case = { readonly draft: Draft; readonly text: string; readonly commits: readonly Commit[] };

function drawn(seed: number): Case {
  const random = seededRandom(seed * 3);
  const unit: Unit = random.chance(0.25) ? "hour" : "second";
  const draft = new Draft(random, unit, random.chance(0.7));
  const text = drawProgram(draft);
  const events = seededRandom(seed * 3 + 1);
  const commits = drawCommits(events, COMMITS_LEAST + events.int(COMMITS_MORE), unit);
  return { draft, text, commits };
}

async function compared(
  connection: DuckDBConnection,
  seed: number,
  { draft, text, commits }: Case,
  given = commits,
): Promise<Finding> {
  const { shapes, tables, told } = draft;
  const found = { seed, text, shapes, commits, statements: tables.statements };
  const partitions = partitioned(commits, told);
  const messages = messagesOf(partitioned(given, told), seededRandom(seed * 3 + 2));
  try {
    const run = runEngine(text, messages);
    const answer = await answerOf(connection, draft, partitions);
    const records = [...answer.topics.values()].reduce((sum, { length }) => sum + length, 0);
    return { ...found, records, wrong: differences(draft, answer, run) };
  } catch (error) {
    const wrong = error instanceof Error ? error.message : String(error);
    return { ...found, records: 0, wrong };
  }
}

function differences(draft: Draft, answer: Answer, run: EngineRun): string | null {
  const topics = [...draft.expected, ...draft.sides].map(({ topic, records }) =>
    differenceOf(
      topic,
      records.fields,
      answer.topics.get(topic) ?? [],
      run.topics.get(topic) ?? [],
    ),
  );
  const counts = [...answer.counts].map(([name, expected]) => {
    const [pipeline = "", counter = ""] = name.split(" ");
    const own = run.counters.filter((one) => one.pipeline === pipeline);
    const actual = own.reduce(
      (sum, one) => sum + (counter === "late" ? one.late : one.deadLetters),
      0,
    );
    return actual === expected ? null : `${name}: ${actual} instead of ${expected}`;
  });
  const wrong = [...topics, ...counts].filter((one) => one !== null);
  return wrong.length === 0 ? null : wrong.join("\n");
}

/** The fewest commits that still differ, found by leaving out ever smaller pieces. */
export async function shrunk(connection: DuckDBConnection, seed: number): Promise<Finding> {
  const { draft, text, commits } = drawn(seed);
  let least = await compared(connection, seed, { draft, text, commits });
  for (let piece = Math.ceil(commits.length / 2); piece >= 1; piece = Math.floor(piece / 2)) {
    for (let at = 0; at < least.commits.length; ) {
      const tried = least.commits.toSpliced(at, piece);
      const finding = await compared(connection, seed, { draft, text, commits: tried });
      if (finding.wrong === null) at += piece;
      else least = finding;
    }
  }
  return least;
}
