// A few seeds of `npm run simulate`, and the proof that it would notice: two variants of exactly-once that are
// broken on purpose.

import { describe, expect, it } from "vitest";
import { type Broken, simulate } from "./simulate.ts";

const SEEDS = 40;
/** Within so many seeds each broken variant has to be caught. */
const CAUGHT_WITHIN = 3;
const BROKEN: readonly [Broken, string][] = [
  ["unfenced", "a checkpoint is not fenced"],
  ["split-commit", "outputs and checkpoint are two commits"],
];

describe("stage tasks on an unreliable log", () => {
  const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
  it.each(seeds)("give what plain loops give (npm run simulate -- --from %i)", async (seed) => {
    expect((await simulate(seed, null)).wrong).toBeNull();
  });
});

describe("the simulation", () => {
  it.each(BROKEN)("catches %s: %s", async (broken) => {
    const caught: number[] = [];
    for (let seed = 1; seed <= CAUGHT_WITHIN; seed += 1) {
      if ((await simulate(seed, broken)).wrong !== null) caught.push(seed);
    }
    expect(caught.length).toBeGreaterThan(0);
  });
});
