// The shuffler's sustained rate into a real nats-server (one node, R1, file), at each verify level, beside
// `@atproto/sync` alone on the same frames.
//
//   npm run bench:shuffler                 the recording, else the bundled sample
//   npm run bench:shuffler -- --quick      one short round
//   npm run bench:shuffler -- --publishing into NATS with `--verify none`, and no more
//   npm run bench:shuffler -- --synced     with a server that syncs every write to the disk before its ack
//
// The frames are in memory beforehand, so the relay's socket is not in it. A pass over them again is made
// new by a prefix of the message ids; the server's duplicate window is as everywhere. Every run is checked:
// the stream must hold as many events as another decoder counts operations. Beside the rate stands the CPU time
// of this process (all its threads) and of the server, an event: these hold on a machine that others use too.

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { FIREHOSE_STREAM } from "../../plan/names.ts";
import type { DidResolver } from "../../shuffler/verify/key-cache.ts";
import type { VerifyLevel } from "../../shuffler/verify/level.ts";
import { type BenchInput, loadInput } from "./input.ts";
import { countReferenceEvents, referenceEvents } from "./reference.ts";
import { type Measured, median, shuffleOnce, shuffleWithoutNats, startClocks } from "./runs.ts";

const INPUTS = [
  {
    frames: "../shared/data/firehose/pds-a.frames.zst",
    documents: "../shared/data/firehose/pds-a.did-docs.json",
  },
  { frames: "examples/sample.frames.zst", documents: null },
];

/** Passes over the frames in one run: some seconds each. */
const PASSES: Readonly<Record<VerifyLevel, number>> = { none: 5, structure: 5, signature: 1 };
const RUNS = 3;
/** Frames given to the slow reader that verifies. */
const REFERENCE_SIGNED_FRAMES = 600;

const quick = process.argv.includes("--quick");
const publishing = process.argv.includes("--publishing");
const synced = process.argv.includes("--synced");
const input = await load();
const expected = countReferenceEvents(input.frames);
console.log(`${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}`);
console.log(`${input.frames.length} frames of ${input.path}, ${expected} events each pass\n`);
console.log("| what | events/s, median | least | greatest | our CPU an event | the server's |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const level of levels()) {
  const passes = PASSES[level];
  await row(`shuffler into NATS, --verify ${level}`, RUNS, async () => {
    const { stored, ...clocks } = await shuffleOnce(input, level, passes, synced);
    check(`${FIREHOSE_STREAM} after --verify ${level}`, stored, expected * passes);
    return { events: stored, ...clocks };
  });
}
if (!publishing) await withoutNats();

/** Our part of the work alone, and the peer's. */
async function withoutNats(): Promise<void> {
  for (const level of levels()) {
    await row(`the same without NATS, --verify ${level}`, RUNS, async () => {
      const run = await shuffleWithoutNats(input, level);
      check(`--verify ${level}`, run.events, expected);
      return run;
    });
  }
  await row("@atproto/sync alone, unauthenticated", RUNS, () => reference(input.frames, null));
  if (input.documents !== null) {
    const some = input.frames.slice(0, REFERENCE_SIGNED_FRAMES);
    await row("@atproto/sync alone, authenticated", 1, () => reference(some, input.documents));
  }
}

/** Without documents there is no key to verify with. */
function levels(): VerifyLevel[] {
  if (publishing) return ["none"];
  return input.documents === null ? ["none", "structure"] : ["none", "structure", "signature"];
}

async function load(): Promise<BenchInput> {
  const found = INPUTS.find(({ frames }) => existsSync(frames));
  if (found === undefined) throw new Error("run this in the project's folder");
  return await loadInput(found.frames, found.documents);
}

async function reference(
  frames: readonly Uint8Array[],
  documents: DidResolver | null,
): Promise<Measured> {
  const stop = startClocks();
  const events = await referenceEvents(frames, documents);
  const clocks = stop();
  check("@atproto/sync", events, countReferenceEvents(frames));
  return { events, ...clocks };
}

function check(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${what}: ${found} events, not ${wanted}`);
}

type Row = Measured & { readonly serverMs?: number };

async function row(what: string, runs: number, run: () => Promise<Row>): Promise<void> {
  const measured: Row[] = [];
  for (let i = 0; i < (quick ? 1 : runs); i += 1) measured.push(await run());
  const rates = measured.map(({ events, ms }) => (events / ms) * 1000);
  const ours = median(measured.map(({ events, cpuMs }) => (cpuMs / events) * 1000));
  const servers = median(measured.map(({ events, serverMs = 0 }) => (serverMs / events) * 1000));
  const cells = [median(rates), Math.min(...rates), Math.max(...rates)];
  const cpu = `${ours.toFixed(1)} µs | ${servers === 0 ? "" : `${servers.toFixed(1)} µs`}`;
  console.log(`| ${what} | ${cells.map((rate) => rate.toFixed(0)).join(" | ")} | ${cpu} |`);
}
