// Breaks one line at a time, in a copy of the tree, and runs the tests that have to notice.
//   npm run mutants
//   npm run mutants -- --list                    what there is
//   npm run mutants -- --only state-log          those whose name or reason has this in it
//   npm run mutants -- --jobs 2                  so many at once, each in a copy of its own
// Fails when a fault survives, or does not apply any more.

import { parseArgs } from "node:util";
import { type NamedMutant, named } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { TreeCopy } from "./tree-copy.ts";
import { type Fate, runSuite, tryMutant } from "./trial.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    list: { type: "boolean", default: false },
    jobs: { type: "string", default: "1" },
  },
});
const jobs = Number(values.jobs);
if (!(Number.isSafeInteger(jobs) && jobs > 0)) throw new RangeError("--jobs is a whole number");
const chosen = named(MUTANTS).filter(
  ({ name, why }) => values.only === undefined || `${name} ${why}`.includes(values.only),
);

if (values.list) for (const { name, why } of chosen) console.log(`${name}: ${why}`);
else process.exitCode = await tryAll();

/** @returns the exit code */
async function tryAll(): Promise<number> {
  const startMs = performance.now();
  if (!(await isGreen())) return 1;
  const left = [...chosen];
  const fates: { readonly mutant: NamedMutant; readonly fate: Fate }[] = [];
  const work = async (): Promise<void> => {
    using copy = TreeCopy.of(ROOT);
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const sinceMs = performance.now();
      const fate = await tryMutant(mutant, ROOT, copy);
      fates.push({ mutant, fate });
      console.log(`${secondsSince(sinceMs)} ${print(mutant, fate)}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, chosen.length) }, work));
  const alive = fates.filter(({ fate }) => fate.kind !== "killed");
  console.log(`${fates.length} faults in ${secondsSince(startMs)}, ${alive.length} not caught`);
  for (const { mutant, fate } of alive) console.log(`  ${print(mutant, fate)}`);
  return alive.length === 0 && fates.length > 0 ? 0 : 1;
}

/** Whether the tests pass without a fault: else whatever failed would count as caught. */
async function isGreen(): Promise<boolean> {
  using copy = TreeCopy.of(ROOT);
  const suites = [...new Set(chosen.flatMap(({ suite }) => suite))];
  const fate = await runSuite(suites, copy.root, jobs);
  if (fate.kind === "survived") return true;
  console.error(fate.kind === "killed" ? `fails without a fault: ${fate.by}` : "no tests");
  return false;
}

function print({ name, why }: NamedMutant, fate: Fate): string {
  const by = fate.kind === "killed" ? ` by: ${fate.by.split("\n")[0]}` : "";
  return `${fate.kind}  ${name}: ${why}${by}`;
}

function secondsSince(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}
