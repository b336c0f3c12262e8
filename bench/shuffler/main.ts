// The shuffler's sustained rate into a real nats-server (one node, R1, file), at each verify level, beside
// `@atproto/sync` alone on the same frames.
//
//   npm run bench:shuffler                 the recording, else the bundled sample
//   npm run bench:shuffler -- --quick      one short round
//
// The frames are in memory beforehand, so the relay's socket is not in it. A pass over them again is made
// new by a prefix of the message ids; the server's duplicate window is as everywhere. Every run is checked:
// the stream must hold as many events as another decoder counts operations.

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { FIREHOSE_STREAM } from "../../plan/names.ts";
import type { VerifyLevel } from "../../shuffler/verify/level.ts";
import { type BenchInput, loadInput } from "./input.ts";
import { countReferenceEvents, referenceEvents } from "./reference.ts";
import { median, shuffleOnce, shuffleWithoutNats } from "./runs.ts";

const INPUTS = [
  {
    frames: "../shared/data/firehose/pds-a.frames.zst",
    documents: "../shared/data/firehose/pds-a.did-docs.json",
  },
  { frames: "examples/sample.frames.zst", documents: null },
];

/** Passes over the frames in one run: some seconds each. */
const PASSES: Readonly<Record<VerifyLevel, number>> = { none: 10, structure: 10, signature: 2 };
const RUNS = 3;
/** Frames given to the slow reader that verifies. */
const REFERENCE_SIGNED_FRAMES = 600;

const quick = process.argv.includes("--quick");
const input = await load();
const expected = countReferenceEvents(input.frames);
console.log(`${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}`);
console.log(`${input.frames.length} frames of ${input.path}, ${expected} events each pass\n`);
console.log("| what | events/s, median | least | greatest |");
console.log("| --- | ---: | ---: | ---: |");
for (const level of levels()) {
  const passes = quick ? 1 : PASSES[level];
  const rates: number[] = [];
  for (let run = 0; run < (quick ? 1 : RUNS); run += 1) {
    const { stored, ms } = await shuffleOnce(input, level, passes);
    check(`${FIREHOSE_STREAM} after --verify ${level}`, stored, expected * passes);
    rates.push((stored / ms) * 1000);
  }
  row(`shuffler into NATS, --verify ${level}`, rates);
}
for (const level of levels()) row(`the same without NATS, --verify ${level}`, await dry(level));
row("@atproto/sync alone, unauthenticated", [await reference(false, input.frames.length)]);
if (input.documents !== null) {
  row("@atproto/sync alone, authenticated", [await reference(true, REFERENCE_SIGNED_FRAMES)]);
}

/** Without documents there is no key to verify with. */
function levels(): VerifyLevel[] {
  return input.documents === null ? ["none", "structure"] : ["none", "structure", "signature"];
}

async function load(): Promise<BenchInput> {
  const found = INPUTS.find(({ frames }) => existsSync(frames));
  if (found === undefined) throw new Error("run this in the project's folder");
  return await loadInput(found.frames, found.documents);
}

async function dry(level: VerifyLevel): Promise<number[]> {
  const rates: number[] = [];
  for (let run = 0; run < (quick ? 1 : RUNS); run += 1) {
    const { events, ms } = await shuffleWithoutNats(input, level);
    check(`--verify ${level}`, events, expected);
    rates.push((events / ms) * 1000);
  }
  return rates;
}

async function reference(authenticated: boolean, frames: number): Promise<number> {
  const some = input.frames.slice(0, frames);
  const startMs = performance.now();
  const events = await referenceEvents(some, authenticated ? input.documents : null);
  const ms = performance.now() - startMs;
  check("@atproto/sync", events, countReferenceEvents(some));
  return (events / ms) * 1000;
}

function check(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${what}: ${found} events, not ${wanted}`);
}

function row(what: string, rates: readonly number[]): void {
  const cells = [median(rates), Math.min(...rates), Math.max(...rates)];
  console.log(`| ${what} | ${cells.map((rate) => rate.toFixed(0)).join(" | ")} |`);
}
