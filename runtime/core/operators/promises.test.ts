// What an operator tells those behind it: no more than the time of what still waits in it.

import { describe, expect, it } from "vitest";
import { END_OF_TIME_MS, WATERMARK_DELAY_MS } from "../../../plan/event.ts";
import { NO_ORDER } from "../../eval/record-order.ts";
import type { RecordValue } from "../../eval/values.ts";
import { simulatedPlan } from "../../task/simulation.test-support.ts";
import { StageContext } from "../context.ts";
import { DRAIN } from "../drain-limits.ts";
import { Dedup } from "./dedup.ts";
import { ReduceChanges } from "./reduce-changes.ts";
import { Sessions } from "./sessions.ts";
import { drained } from "./stateful.ts";

const TIME_MS = 5000;
const GRACE_MS = 20;

/** Of a stage whose rows say what they have seen. */
function contextOf(): StageContext {
  const stages = simulatedPlan.stages.map((stage) => ({
    ...stage,
    ops: stage.ops.map((op) => (op.op === "exchange" ? { ...op, seen: true as const } : op)),
  }));
  const [, stage] = stages;
  if (stage === undefined) throw new Error("no stage");
  return new StageContext({ ...simulatedPlan, stages }, stage, DRAIN);
}

describe("the watermark behind", () => {
  it("a dedup leaves time for a record that has seen a second more than its own time", () => {
    const passed: RecordValue[] = [];
    const op = { op: "dedup", withinMs: 10, cap: 9 } as const;
    const dedup = new Dedup(op, contextOf(), (record) => passed.push(record));
    const seenMs = TIME_MS + WATERMARK_DELAY_MS;
    dedup.add({ timeMs: TIME_MS, order: { ...NO_ORDER, seenMs }, keys: ["k"], columns: [{}] });
    drained(dedup.advance(0, seenMs));
    expect(passed).toEqual([]);
    expect(dedup.outputWatermarkMs(seenMs)).toBeLessThanOrEqual(TIME_MS);
    drained(dedup.advance(seenMs, seenMs + 1));
    expect(passed).toEqual([{}]);
    expect(dedup.outputWatermarkMs(END_OF_TIME_MS)).toBe(END_OF_TIME_MS);
  });

  it("sessions leaves time for those that wait out their grace", () => {
    const times: number[] = [];
    const window = { kind: "session", gapMs: 1, maxMs: 100, graceMs: GRACE_MS } as const;
    const aggregates = [{ name: "n", fn: "count", column: null }] as const;
    const op = { op: "reduce", window, keys: ["k"], aggregates } as const;
    const sessions = new Sessions(op, contextOf(), (_, { seenMs }) => times.push(seenMs));
    sessions.add({ timeMs: TIME_MS, order: NO_ORDER, keys: ["k"], columns: [] });
    const watermarkMs = TIME_MS + GRACE_MS;
    drained(sessions.advance(0, watermarkMs));
    expect(times).toEqual([]);
    expect(sessions.outputWatermarkMs(watermarkMs)).toBeLessThanOrEqual(TIME_MS);
    drained(sessions.advance(watermarkMs, watermarkMs + 1));
    expect(times).toHaveLength(1);
    expect(sessions.outputWatermarkMs(END_OF_TIME_MS)).toBe(END_OF_TIME_MS);
  });

  it.each([0, 1, GRACE_MS])(
    "a reduce that sends changes leaves time for those of each tick, with a grace of %i ms",
    (graceMs) => {
      const window = { kind: "hopping", sizeMs: 10, everyMs: 5, graceMs } as const;
      const aggregates = [{ name: "n", fn: "count", column: null }] as const;
      const op = { op: "reduce", window, keys: ["k"], aggregates, changesEveryMs: 3 } as const;
      let toldMs = 0;
      const judged: number[] = [];
      const reduce = new ReduceChanges(op, contextOf(), (_, { seenMs }) => {
        judged.push(seenMs - WATERMARK_DELAY_MS);
        expect(judged.at(-1)).toBeGreaterThanOrEqual(toldMs);
      });
      for (let timeMs = 0; timeMs < 40; timeMs += 1) {
        const row = { timeMs, order: NO_ORDER, keys: [timeMs % 3], columns: [timeMs] };
        reduce.add(row);
      }
      for (const [fromMs, toMs] of [
        [0, 17],
        [17, 80],
      ] as const) {
        for (const reachedMs of reduce.advance(fromMs, toMs)) {
          toldMs = reduce.outputWatermarkMs(reachedMs);
        }
        toldMs = reduce.outputWatermarkMs(toMs);
      }
      expect(judged.length).toBeGreaterThan(20);
      expect(judged).toEqual(judged.toSorted((a, b) => a - b));
    },
  );
});
