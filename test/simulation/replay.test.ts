// A recording that is played again gives the same bytes, however fast: how input is cut into batches, when
// commits happen, who crashes and who runs twice does not show.

import { expect, it } from "vitest";
import { seededRandom } from "../../runtime/testing/random.ts";
import { interleaved, makeEvents, partitioned } from "./events.ts";
import { drawProgram } from "./programs.ts";
import { bytesUnderFaults } from "./simulate.ts";

const SEEDS = 12;
const EVENTS = 80;

it.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  "gives the same bytes at every playing of recording %i",
  async (seed) => {
    const random = seededRandom(seed);
    const { text } = drawProgram(random);
    const messages = interleaved(partitioned(makeEvents(random, EVENTS)), random);
    const first = await bytesUnderFaults(text, messages, seededRandom(1000 + seed));
    const second = await bytesUnderFaults(text, messages, seededRandom(2000 + seed));
    expect(first.size).toBeGreaterThan(0);
    expect(Object.fromEntries(second)).toEqual(Object.fromEntries(first));
  },
);
