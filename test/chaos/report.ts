// What a chaos run prints at its end.

import { type Difference, isSame } from "../support/difference.ts";
import type { Fault } from "./faults.ts";
import { quantile, type Recovery } from "./figures.ts";

const SHOWN_MAX = 5;

export type Figures = {
  readonly faults: readonly Fault[];
  readonly events: number;
  readonly late: number;
  readonly crashes: number;
  readonly stalls: { readonly onePartitionMs: number; readonly allMs: number };
  readonly recoveries: readonly Recovery[];
};

export function printFigures(figures: Figures): void {
  const { faults, events, late, crashes, stalls, recoveries } = figures;
  print(
    `${events} events, ${faults.length} faults, ${late} events late, ${crashes} processes ended by themselves`,
  );
  print(
    `longest stall: ${seconds(stalls.onePartitionMs)} in one partition, ${seconds(stalls.allMs)} in all`,
  );
  print("");
  print("| fault | count | recovered in, median | p90 | longest |");
  print("| --- | --- | --- | --- | --- |");
  const kinds = new Map<string, number[]>();
  for (const { fault, recoveredMs } of recoveries) {
    for (const name of [`${fault.role}: ${fault.kind}`, `any ${fault.role}`]) {
      const times = kinds.get(name) ?? [];
      times.push(recoveredMs);
      kinds.set(name, times);
    }
  }
  for (const [name, times] of [...kinds].sort(([a], [b]) => (a < b ? -1 : 1))) {
    print(`| ${name} | ${times.length} | ${spread(times).replaceAll(", ", " | ")} |`);
  }
  const whole = faults.flatMap(({ role, wholeAfterMs }) =>
    role === "node" ? [wholeAfterMs ?? Number.POSITIVE_INFINITY] : [],
  );
  print("");
  print(
    `a node that is back has all its replicas up to date after ${spread(whole)} (median, p90, longest)`,
  );
  print("");
}

function spread(times: readonly number[]): string {
  return [0.5, 0.9, 1].map((q) => seconds(quantile(times, q))).join(", ");
}

/** @returns whether there are none */
export function printDifferences(differences: readonly Difference[]): boolean {
  print("| topic | records | missing | doubled | wrong |");
  print("| --- | --- | --- | --- | --- |");
  for (const { topic, expected, missing, doubled, wrong } of differences) {
    print(`| ${topic} | ${expected} | ${missing.length} | ${doubled.length} | ${wrong.length} |`);
  }
  for (const { topic, missing, doubled, wrong } of differences) {
    for (const [what, list] of Object.entries({ missing, doubled, wrong })) {
      for (const one of list.slice(0, SHOWN_MAX)) print(`${what} in ${topic}: ${one}`);
    }
  }
  const isExact = differences.every((one) => one.expected > 0 && isSame(one));
  print(isExact ? "every result is exact" : "THE RESULTS DIFFER");
  return isExact;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** What a run is doing, while it lasts. */
export function say(text: string): void {
  console.error(`${new Date().toISOString()} ${text}`);
}

export function print(line: string): void {
  console.log(line);
}
