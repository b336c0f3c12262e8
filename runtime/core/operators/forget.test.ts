import { describe, expect, it } from "vitest";
import { NO_ORDER } from "../../eval/record-order.ts";
import { simulatedPlan } from "../../task/simulation.test-support.ts";
import { StageContext } from "../context.ts";
import { DRAIN } from "../drain-limits.ts";
import { Reduce } from "./reduce.ts";
import { drained } from "./stateful.ts";

const SIZE_MS = 100;
const GRACE_MS = 20;

function reduceOf(everyMs: number): Reduce {
  const [stage] = simulatedPlan.stages;
  if (stage === undefined) throw new Error("no stage");
  const window = { kind: "hopping", sizeMs: SIZE_MS, everyMs, graceMs: GRACE_MS } as const;
  const aggregates = [{ name: "n", fn: "count", column: null }] as const;
  const context = new StageContext(simulatedPlan, stage, DRAIN);
  return new Reduce({ op: "reduce", window, keys: ["k"], aggregates }, context, () => undefined);
}

describe("the state of a windowed reduce", () => {
  it.each([
    ["tumbling", SIZE_MS, SIZE_MS + GRACE_MS],
    ["hopping", SIZE_MS / 2, SIZE_MS + GRACE_MS],
  ])("is kept until the last window of a row closes, and no longer: %s", (_, everyMs, closesMs) => {
    const reduce = reduceOf(everyMs);
    reduce.add({ timeMs: 1, order: NO_ORDER, keys: ["a"], columns: [] });
    drained(reduce.advance(0, closesMs - 1));
    expect(reduce.keys).toBe(1);
    drained(reduce.advance(closesMs - 1, closesMs));
    expect(reduce.keys).toBe(0);
    expect(reduce.changes().filter(({ value }) => value === null)).toHaveLength(1);
  });
});
