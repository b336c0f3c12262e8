// Runs one race: a process for each contestant, rounds that alternate, every answer checked.

import { type BenchFiles, benchFiles } from "../data/files.ts";
import { checkTrends } from "./check-trends.ts";
import { ContestantProcess } from "./contestant-process.ts";
import type { Timing } from "./protocol.ts";
import { type Spread, spreadOf } from "./spread.ts";
import type { ContestantName, Race } from "./workloads.ts";

export type RaceOptions = {
  readonly events: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
};

export type RaceResult = {
  readonly workload: string;
  readonly title: string;
  readonly unit: Race["unit"];
  readonly source: string;
  /** Rows of the answer. */
  readonly rows: number;
  readonly contestants: readonly ContestantResult[];
};

export type ContestantResult = {
  readonly name: ContestantName;
  readonly perSecond: Spread;
  /** The same for each second of CPU, all threads together: what a busy machine does not change. */
  readonly perCpuSecond: Spread;
  readonly reached: number | null;
  readonly timings: readonly Timing[];
};

type Runner = { readonly name: ContestantName; readonly process: ContestantProcess };

/** @throws WrongAnswer when somebody answers something else than the judge */
export async function runRace(race: Race, options: RaceOptions): Promise<RaceResult> {
  const files = await benchFiles(race.asks.on === "likes" ? "likes" : "events", options.events);
  await using stack = new AsyncDisposableStack();
  const runners = race.contestants.map((name) => ({
    name,
    process: stack.use(new ContestantProcess()),
  }));
  await Promise.all(runners.map((runner) => open(race, runner, files)));
  const timings = new Map(runners.map(({ name }) => [name, [] as Timing[]]));
  for (let round = 0; round <= options.rounds; round += 1) {
    const answers = new Map<ContestantName, Timing>();
    for (const { name, process } of runners) {
      answers.set(name, await process.ask({ kind: "round" }, "timing"));
    }
    await check(race, runners, answers);
    // The first round is for the compilers to warm up in.
    if (round > 0) for (const [name, timing] of answers) timings.get(name)?.push(timing);
    options.say(`${race.name}: round ${round} of ${options.rounds}`);
  }
  return resultOf(race, files, timings);
}

async function open({ asks }: Race, { name, process }: Runner, files: BenchFiles): Promise<void> {
  const query = asks.on === "frames" ? null : asks.query;
  await process.ask({ kind: "open", contestant: name, query, files }, "opened");
}

/** Thrown when an answer is not the judge's: no figure of such a run is worth anything. */
export class WrongAnswer extends Error {
  readonly code = "wrong_answer";
}

async function check(
  race: Race,
  runners: readonly Runner[],
  answers: ReadonlyMap<ContestantName, Timing>,
): Promise<void> {
  const right = answers.get(race.judge);
  for (const { name, process } of runners) {
    const given = answers.get(name);
    if (given?.digest === right?.digest) continue;
    const judge = runners.find((one) => one.name === race.judge);
    const { rows } = await process.ask({ kind: "rows" }, "rows");
    const truth = await judge?.process.ask(
      { kind: race.check === "same" ? "rows" : "truth" },
      "rows",
    );
    const estimates = race.check === "trends" && name === "fpaas";
    const wrong = estimates
      ? checkTrends(rows, truth?.rows ?? [])
      : firstDifference(rows, truth?.rows ?? []);
    if (wrong !== null) throw new WrongAnswer(`${race.name}: ${name}: ${wrong}`);
  }
}

function firstDifference(rows: readonly object[], right: readonly object[]): string {
  const expected = new Set(right.map((row) => canonical(row)));
  const more = rows.find((row) => !expected.has(canonical(row)));
  const given = new Set(rows.map((row) => canonical(row)));
  const missing = right.find((row) => !given.has(canonical(row)));
  return `${rows.length} rows for ${right.length}; has ${JSON.stringify(more)}, lacks ${JSON.stringify(missing)}`;
}

function canonical(row: object): string {
  return JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function resultOf(
  { name: workload, title, unit, judge }: Race,
  { source }: BenchFiles,
  timings: ReadonlyMap<ContestantName, readonly Timing[]>,
): RaceResult {
  const contestants = [...timings].map(([name, all]) => ({
    name,
    perSecond: spreadOf(all.map(({ events, seconds }) => events / seconds)),
    perCpuSecond: spreadOf(all.map(({ events, cpuSeconds }) => events / cpuSeconds)),
    reached: all[0]?.reached ?? null,
    timings: all,
  }));
  const rows = timings.get(judge)?.[0]?.rows ?? 0;
  return { workload, title, unit, source, rows, contestants };
}
