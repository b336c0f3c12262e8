// The simulation over many seeds: prints the rate and every seed that finds something.
//   npm run simulate -- --seeds 5000
//   npm run simulate -- --from 1234                  replays one seed, with its program
//   npm run simulate -- --seeds 50 --broken unfenced  shows that a broken variant is caught
import { parseArgs } from "node:util";
import { BROKEN, type Broken } from "../../runtime/testing/unreliable-log.ts";
import { type Finding, simulate } from "./simulate.ts";

const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "1" },
    broken: { type: "string" },
  },
});
const from = Number(values.from);
// A seed alone is a replay.
const seeds = Number(values.seeds ?? (process.argv.includes("--from") ? 1 : 1000));
if (!(Number.isSafeInteger(from) && Number.isSafeInteger(seeds) && seeds > 0)) {
  throw new RangeError("--seeds and --from are whole numbers");
}
const broken = brokenOf(values.broken);

const startMs = performance.now();
const programs = new Map<string, number>();
const found: Finding[] = [];
let told = startMs;
for (let seed = from; seed < from + seeds; seed += 1) {
  const finding = await simulate(seed, broken);
  programs.set(finding.program, (programs.get(finding.program) ?? 0) + 1);
  if (finding.wrong !== null) {
    found.push(finding);
    console.log(`seed ${seed}, ${finding.program}: ${finding.wrong}`);
    if (broken !== null) break;
    console.log(finding.text);
  }
  if (performance.now() - told > PROGRESS_MS) {
    told = performance.now();
    console.error(`${seed - from + 1} seeds, ${rate(seed - from + 1)}`);
  }
}
const done = [...programs.values()].reduce((sum, count) => sum + count, 0);
const by = [...programs].map(([name, count]) => `${name} ${count}`).join(", ");
console.log(`${done} seeds from ${from}, ${rate(done)}: ${found.length} with a difference\n${by}`);
// A broken variant has to be caught.
process.exitCode = found.length > 0 === (broken !== null) ? 0 : 1;

function rate(count: number): string {
  return `${((count / (performance.now() - startMs)) * 1000).toFixed(1)} a second`;
}

function brokenOf(text: string | undefined): Broken | null {
  if (text === undefined) return null;
  const broken = BROKEN.find((one) => one === text);
  if (broken === undefined) throw new RangeError(`--broken ${text}: ${BROKEN.join(", ")}`);
  return broken;
}
