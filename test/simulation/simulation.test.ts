// A few seeds of `npm run simulate`, and the proof that it would notice: variants of exactly-once, of lateness and of
// order that are broken on purpose.

import { describe, expect, it } from "vitest";
import type { Broken } from "../../runtime/testing/unreliable-log.ts";
import { simulate, simulatePoisoned } from "./simulate.ts";

const SEEDS = 40;
const POISONED_SEEDS = 12;
/** By broken variant: the seeds of which one at least has to catch it; some draw no program with topics in a chain. */
const CAUGHT_BY: readonly (readonly [Broken, string, readonly number[]])[] = [
  ["unfenced", "a checkpoint is not fenced", [1, 2, 3]],
  ["split-commit", "outputs and checkpoint are two commits", [1, 2, 3]],
  ["told", "lateness over topics goes by the watermark told before", [10, 11, 12]],
  ["by-known", "order goes by when rows were known, not by what they have seen", [1, 2, 3]],
];

describe("stage tasks on an unreliable log", () => {
  const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
  it.each(seeds)("give what plain loops give (npm run simulate -- --from %i)", async (seed) => {
    expect((await simulate(seed, null)).wrong).toBeNull();
  });
});

describe("stage tasks with records that ought to stop them", () => {
  const seeds = Array.from({ length: POISONED_SEEDS }, (_, i) => i + 1);
  it.each(seeds)(
    "give what plain loops give (npm run simulate -- --poison --from %i)",
    async (seed) => {
      expect((await simulatePoisoned(seed)).wrong).toBeNull();
    },
  );
});

describe("the simulation", () => {
  it.each(CAUGHT_BY)("catches %s: %s", async (broken, _what, seeds) => {
    const caught: number[] = [];
    for (const seed of seeds) {
      if ((await simulate(seed, broken)).wrong !== null) caught.push(seed);
    }
    expect(caught.length).toBeGreaterThan(0);
  });
});
