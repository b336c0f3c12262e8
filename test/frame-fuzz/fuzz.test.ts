// Some hundreds of changed frames by three readers: `npm run fuzz:frames` does as many as one likes.

import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { readRecording } from "../../bench/simulated-relay/recording.ts";
import { fuzz, print } from "./fuzz.ts";
import { readings } from "./ways.ts";

const RECORDING = "../shared/data/firehose/pds-a.frames.zst";
const SAMPLE = "examples/sample.frames.zst";
const FRAMES = 600;
/** The same frames in every run, as with the property tests; another seed: `FC_SEED=7`. */
const SEED = Number(process.env.FC_SEED ?? 20_261_124);

it.each([SAMPLE, RECORDING].filter((path) => existsSync(path)))(
  "every difference between three readers of changed frames has a reason: %s",
  async (path) => {
    const found = await fuzz(await readRecording(path), SEED, FRAMES);
    expect(found.unexplained.map(print), `from seed ${SEED}`).toEqual([]);
    expect(found.frames).toBeGreaterThan(FRAMES / 2);
    const explained = [...found.explained.values()].reduce((sum, count) => sum + count, 0);
    expect(explained).toBeGreaterThan(0);
    expect(explained).toBeLessThan(found.frames);
  },
);

it("the readers of a frame that is none all refuse it", async () => {
  for (const one of Object.values(await readings(Uint8Array.of(0xff)))) {
    expect(one).toHaveProperty("refused");
  }
});
