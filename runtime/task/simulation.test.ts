import { describe, expect, it } from "vitest";
import { seededRandom } from "../testing/random.ts";
import { expectedCounts, simulate, simulatedLikes } from "./simulation.test-support.ts";

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

describe("stage tasks under faults", () => {
  it.each(SEEDS)("count every like once in every window (seed %i)", async (seed) => {
    const likes = simulatedLikes(seededRandom(seed * 7919), 300);
    const counts = await simulate(seed, likes);
    expect(counts.sort()).toEqual(expectedCounts(likes).sort());
  });
});
