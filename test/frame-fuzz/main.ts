// Real frames, changed, by three readers: ours, `@atproto/sync`, and the lexicon read plainly.
//
//   npm run fuzz:frames                           20 000 frames from a random seed
//   npm run fuzz:frames -- --frames 500 --seed 7
//   npm run fuzz:frames -- --from FILE            of another recording than the sample
//
// Ends with 1 when readers differ and no rule of rules.ts says why.

import { parseArgs } from "node:util";
import { readRecording } from "../../bench/simulated-relay/recording.ts";
import { fuzz, print } from "./fuzz.ts";

const FRAMES_DEFAULT = 20_000;
const SEEDS = 2 ** 30;
const SHOWN_MAX = 10;

const { values } = parseArgs({
  options: {
    frames: { type: "string" },
    seed: { type: "string" },
    from: { type: "string", default: "examples/sample.frames.zst" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * SEEDS));
const count = Number(values.frames ?? FRAMES_DEFAULT);
if (!(Number.isSafeInteger(seed) && Number.isSafeInteger(count) && count > 0)) {
  throw new RangeError("--frames and --seed are whole numbers");
}

console.log(`from seed ${seed}`);
const { frames, explained, unexplained } = await fuzz(
  await readRecording(values.from),
  seed,
  count,
);
for (const [why, times] of explained) console.log(`${times} differ: ${why}`);
for (const one of unexplained.slice(0, SHOWN_MAX)) console.log(print(one));
console.log(`${frames} frames, ${unexplained.length} differ for no reason that is known`);
process.exitCode = unexplained.length === 0 ? 0 : 1;
