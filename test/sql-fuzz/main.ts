// Random programs and their SQL over the same random events, by the engine and by DuckDB.
//
//   npm run fuzz:sql                          5000 programs from a random seed
//   npm run fuzz:sql -- --programs 200 --seed 7
//   npm run fuzz:sql -- --seed 1234           replays one program, with the fewest events that differ
//   npm run fuzz:sql -- --seed 1234 --print   with its SQL
//   npm run fuzz:sql -- --without dedup,top   passes over programs that have one of these shapes
//
// Ends with 1 when a program differs.

import { parseArgs } from "node:util";
import { openDuckdb } from "./duckdb.ts";
import { type Finding, fuzz, shapesOf, shrunk } from "./fuzz.ts";

const PROGRAMS_DEFAULT = 5000;
const SEEDS = 2 ** 28;
const PROGRESS_MS = 10_000;
const SHOWN_MAX = 5;

const { values } = parseArgs({
  options: {
    programs: { type: "string" },
    seed: { type: "string" },
    without: { type: "string", default: "" },
    print: { type: "boolean", default: false },
  },
});
const first = Number(values.seed ?? Math.floor(Math.random() * SEEDS));
const programs = Number(values.programs ?? (values.seed === undefined ? PROGRAMS_DEFAULT : 1));
if (!(Number.isSafeInteger(first) && Number.isSafeInteger(programs) && programs > 0)) {
  throw new RangeError("--programs and --seed are whole numbers");
}

const without = values.without.split(",");

const connection = await openDuckdb();
const startMs = performance.now();
let told = startMs;
let done = 0;
let records = 0;
const shapes = new Map<string, number>();
const found: number[] = [];
for (let seed = first; seed < first + programs; seed += 1) {
  if (without.some((shape) => shapesOf(seed).has(shape))) continue;
  const finding = await fuzz(connection, seed);
  done += 1;
  records += finding.records;
  for (const shape of finding.shapes) shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  if (values.print) print(finding);
  if (finding.wrong !== null) {
    found.push(seed);
    if (found.length <= SHOWN_MAX) print(await shrunk(connection, seed));
    else console.log(`seed ${seed}: ${finding.wrong.split("\n")[0]}`);
  }
  if (performance.now() - told > PROGRESS_MS) {
    told = performance.now();
    console.error(`${done} programs, ${found.length} differ`);
  }
}
const seconds = (performance.now() - startMs) / 1000;
const counted = [...shapes]
  .sort(([, a], [, b]) => b - a)
  .map(([name, count]) => `${name} ${count}`);
console.log(`${shapes.size} shapes: ${counted.join(", ")}`);
console.log(
  `${done} programs from seed ${first}, ${records} records, ${seconds.toFixed(0)} s: ${found.length} with a difference`,
);
if (found.length > 0) console.log(`seeds: ${found.join(" ")}`);
process.exitCode = found.length === 0 ? 0 : 1;

function print({ seed, text, wrong, commits, statements }: Finding): void {
  console.log(`\nseed ${seed}\n${text}`);
  if (values.print) console.log(`${statements.join(";\n")};\n`);
  if (wrong === null) return;
  for (const event of commits.flat()) console.log(`  ${JSON.stringify(event)}`);
  console.log(wrong);
}
