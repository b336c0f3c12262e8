// A worker and its tasks, and the commands that deploy and delete, die at every place that a run comes by, one at a
// time, and are started again: the answer is that of plain loops each time.

import { beforeAll, describe, expect, it } from "vitest";
import { CRASH_POINTS } from "../../runtime/crash-points.ts";
import { crashesOf, findWrong, type Lived, live } from "./crash.ts";
import { drawLife } from "./life.ts";
import { parseCrash, printCrash } from "./mortal-process.ts";

/** Between them they come by every place, and by all that can happen to a pipeline. */
const SEEDS = [3, 4, 9, 12];

const lives = SEEDS.map((seed) => drawLife(seed));
const quiet: Lived[] = [];
beforeAll(async () => {
  for (const life of lives) quiet.push(await live(life, null));
});

describe("a pipeline whose process dies", () => {
  it("gives what plain loops give when none does", () => {
    expect(quiet.map(({ wrong }) => wrong)).toEqual(SEEDS.map(() => null));
  });

  it("comes by every place", () => {
    const reached = new Set(quiet.flatMap((one) => [...one.reached.keys()]));
    expect(CRASH_POINTS.filter((point) => !reached.has(point))).toEqual([]);
  });

  it("comes by the same places in every run", async () => {
    const again = await live(drawLife(SEEDS[0] ?? 0), null);
    expect([...again.reached]).toEqual([...(quiet[0]?.reached ?? [])]);
  });

  it.each(SEEDS.map((seed, i) => ({ seed, i })))(
    "gives the same wherever that is (npm run simulate -- --crash --from $seed)",
    async ({ seed, i }) => {
      const [life, lived] = [lives[i], quiet[i]];
      if (life === undefined || lived === undefined) throw new Error("no life");
      const crashes = crashesOf(lived);
      expect(crashes.length).toBeGreaterThan(50);
      const wrong: string[] = [];
      for (const crash of crashes) {
        const found = await findWrong(life, crash, lived);
        if (found !== null)
          wrong.push(`--from ${seed} --crash-at "${printCrash(crash)}": ${found}`);
      }
      expect(wrong).toEqual([]);
    },
  );
});

describe("a crash", () => {
  it("is read back as it is printed", () => {
    for (const point of CRASH_POINTS) {
      expect(parseCrash(printCrash({ point, ordinal: 12 }))).toEqual({ point, ordinal: 12 });
    }
  });

  it.each(["before commit", "before commit:0", "elsewhere:1"])("is not %s", (text) => {
    expect(() => parseCrash(text)).toThrow(RangeError);
  });

  it("that a run does not come by is found out", async () => {
    const [life] = lives;
    const [lived] = quiet;
    if (life === undefined || lived === undefined) throw new Error("no life");
    const crash = { point: "before commit", ordinal: 1_000_000 } as const;
    expect(await findWrong(life, crash, lived)).toContain("never comes to");
  });
});
