// `fpaas bench`: the workloads asked for, one after the other, each printed when it is through; what was
// measured is kept as it is beside the tables made from it.

import { mkdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { type MeasurementResult, runMeasurement } from "./measurement.ts";
import { type RaceResult, runRace } from "./race.ts";
import { raceLines } from "./table.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

export type SuiteOptions = {
  /** Names of workloads; empty runs all. */
  readonly only: readonly string[];
  /** A fifth of the events and three rounds: to see that it works. */
  readonly quick: boolean;
  /** Rounds that count; null leaves it to `quick`. */
  readonly rounds: number | null;
  /** Where the raw results go. */
  readonly folder: string;
  /** Takes a line of the tables. */
  readonly print: (line: string) => Promise<void> | void;
  /** Takes a line about how far it is. */
  readonly say: (line: string) => void;
};

export type SuiteResults = {
  readonly at: string;
  readonly machine: string;
  readonly results: readonly (RaceResult | MeasurementResult)[];
};

const EVENTS = 1_000_000;
const EVENTS_QUICK = 200_000;
const ROUNDS = 5;
const ROUNDS_QUICK = 3;

/** Thrown for a name that is no workload. */
export class UnknownWorkload extends Error {
  readonly code = "unknown_workload";
}

/** @returns what was measured. @throws UnknownWorkload, WrongAnswer */
export async function runSuite(options: SuiteOptions): Promise<SuiteResults> {
  const { only, quick, print, say } = options;
  const workloads = chosen(only);
  const events = quick ? EVENTS_QUICK : EVENTS;
  const rounds = options.rounds ?? (quick ? ROUNDS_QUICK : ROUNDS);
  await print(`${machine()}, ${rounds} rounds${quick ? ", quick" : ""}\n`);
  const results: (RaceResult | MeasurementResult)[] = [];
  for (const workload of workloads) {
    switch (workload.kind) {
      case "race": {
        const result = await runRace(workload, { events, rounds, say });
        results.push(result);
        for (const line of raceLines(result)) await print(line);
        break;
      }
      case "measurement": {
        const result = await runMeasurement(workload, { quick, say });
        results.push(result);
        for (const line of [`### ${result.title}`, "", ...result.lines, ""]) await print(line);
        break;
      }
    }
  }
  const all = { at: new Date().toISOString(), machine: machine(), results };
  say(`raw results: ${await keep(options.folder, all)}`);
  return all;
}

/** Workloads by name, or by the beginning of one: `likes`, `q1`. */
function chosen(only: readonly string[]): readonly Workload[] {
  const unknown = only.find((name) => !WORKLOADS.some((one) => one.name.startsWith(name)));
  if (unknown !== undefined) {
    const names = WORKLOADS.map(({ name }) => name).join(", ");
    throw new UnknownWorkload(`there is no workload \`${unknown}\`: ${names}`);
  }
  if (only.length === 0) return WORKLOADS;
  return WORKLOADS.filter(({ name }) => only.some((beginning) => name.startsWith(beginning)));
}

function machine(): string {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpu?.model ?? "unknown processor"}, ${cpus().length} cores, ${memory}, Node ${process.version}`;
}

async function keep(folder: string, results: SuiteResults): Promise<string> {
  const path = join(folder, `${results.at.replaceAll(":", "-").slice(0, 19)}.json`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, JSON.stringify(results, null, 1));
  return path;
}
