import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toJson } from "../eval/json.ts";
import { seededRandom } from "../testing/random.ts";
import { POISON_EVENT, POISON_ROW, putPoisonIn } from "./poison.test-support.ts";
import {
  expectedCounts,
  type Like,
  simulatedLikes,
  simulatePoisoned,
} from "./simulation.test-support.ts";

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const POISONS = [POISON_EVENT, POISON_ROW];

beforeEach(() => putPoisonIn());
afterEach(() => void vi.restoreAllMocks());

function isPoison({ subject }: Like): boolean {
  return POISONS.includes(subject);
}

describe("stage tasks that fail at a record", () => {
  it.each(SEEDS)("put it aside once, and count all others (seed %i)", async (seed) => {
    const random = seededRandom(seed * 104_729);
    const likes = simulatedLikes(random, 200).map((like) =>
      random.chance(0.02) ? { ...like, subject: POISONS[random.int(2)] ?? "" } : like,
    );
    const { counts, letters } = await simulatePoisoned(seed, likes);
    const good = likes.filter((like) => !isPoison(like));
    expect(counts.sort()).toEqual(expectedCounts(good).sort());
    const texts = letters.map((one) => JSON.stringify(toJson(one)));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.every((one) => one.includes('"reason":"poison"'))).toBe(true);
    const events = likes.filter(({ subject }) => subject === POISON_EVENT);
    expect(texts.filter((one) => one.includes("poison in an event"))).toHaveLength(events.length);
    const isAnyRow = likes.some(({ subject }) => subject === POISON_ROW);
    expect(texts.some((one) => one.includes("poison in a row"))).toBe(isAnyRow);
    expect(texts.every((one) => POISONS.some((poison) => one.includes(poison)))).toBe(true);
  });
});
