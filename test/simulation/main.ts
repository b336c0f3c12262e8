// The simulation over many seeds: prints the rate and every seed that finds something.
//   npm run simulate -- --seeds 5000
//   npm run simulate -- --from 1234                  replays one seed, with its program
//   npm run simulate -- --seeds 50 --broken unfenced  shows that a broken variant is caught
//   npm run simulate -- --poison --seeds 1000         with records that ought to stop a pipeline
//   npm run simulate -- --crash --seeds 20            crashes at every place that each seed's run comes by
//   npm run simulate -- --from 3 --crash-at "before commit:7"   replays one crash
import { parseArgs } from "node:util";
import { BROKEN, type Broken } from "../../runtime/testing/unreliable-log.ts";
import { crashesOf, findWrong, live } from "./crash.ts";
import { drawLife } from "./life.ts";
import { parseCrash, printCrash } from "./mortal-process.ts";
import { type Finding, simulate, simulatePoisoned } from "./simulate.ts";

const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "1" },
    broken: { type: "string" },
    crash: { type: "boolean", default: false },
    poison: { type: "boolean", default: false },
    "crash-at": { type: "string" },
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
let told = startMs;
process.exitCode = values.crash || values["crash-at"] ? await crashes() : await faults();

/** @returns the exit code */
async function faults(): Promise<number> {
  const programs = new Map<string, number>();
  const found: Finding[] = [];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const finding = values.poison ? await simulatePoisoned(seed) : await simulate(seed, broken);
    programs.set(finding.program, (programs.get(finding.program) ?? 0) + 1);
    if (finding.wrong !== null) {
      found.push(finding);
      console.log(`seed ${seed}, ${finding.program}: ${finding.wrong}`);
      if (broken !== null) break;
      console.log(finding.text);
    }
    tell(`${seed - from + 1} seeds, ${rate(seed - from + 1)}`);
  }
  const done = [...programs.values()].reduce((sum, count) => sum + count, 0);
  const by = [...programs].map(([name, count]) => `${name} ${count}`).join(", ");
  console.log(
    `${done} seeds from ${from}, ${rate(done)}: ${found.length} with a difference\n${by}`,
  );
  // A broken variant has to be caught.
  return found.length > 0 === (broken !== null) ? 0 : 1;
}

/** @returns the exit code */
async function crashes(): Promise<number> {
  let [tried, wrong] = [0, 0];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const life = drawLife(seed);
    const only = values["crash-at"];
    const quiet = await live(life, null);
    for (const crash of only ? [parseCrash(only)] : crashesOf(quiet)) {
      tried += 1;
      const found = await findWrong(life, crash, quiet);
      if (found === null) continue;
      wrong += 1;
      console.log(`--from ${seed} --crash-at "${printCrash(crash)}": ${found}`);
      if (only) console.log(life.text);
    }
    tell(`${tried} crashes`);
  }
  console.log(`${tried} crashes, ${rate(tried)}: ${wrong} with a difference`);
  return wrong === 0 ? 0 : 1;
}

function tell(progress: string): void {
  if (performance.now() - told <= PROGRESS_MS) return;
  told = performance.now();
  console.error(progress);
}

function rate(count: number): string {
  return `${((count / (performance.now() - startMs)) * 1000).toFixed(1)} a second`;
}

function brokenOf(text: string | undefined): Broken | null {
  if (text === undefined) return null;
  const broken = BROKEN.find((one) => one === text);
  if (broken === undefined) throw new RangeError(`--broken ${text}: ${BROKEN.join(", ")}`);
  return broken;
}
