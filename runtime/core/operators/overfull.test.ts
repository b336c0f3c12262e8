import { describe, expect, it } from "vitest";
import { NO_ORDER } from "../../eval/record-order.ts";
import type { RecordValue } from "../../eval/values.ts";
import { simulatedPlan } from "../../task/simulation.test-support.ts";
import { StageContext } from "../context.ts";
import { DRAIN } from "../drain-limits.ts";
import { Dedup } from "./dedup.ts";
import { Sessions } from "./sessions.ts";
import { drained } from "./stateful.ts";

const QUEUED_MAX = 2;

function contextOf(): StageContext {
  const [stage] = simulatedPlan.stages;
  if (stage === undefined) throw new Error("no stage");
  return new StageContext(simulatedPlan, stage, DRAIN);
}

describe("an operator whose queue is full", () => {
  it("dedup looks at the earliest record before its time, and at each once", () => {
    const passed: RecordValue[] = [];
    const op = { op: "dedup", withinMs: 10, cap: 9 } as const;
    const dedup = new Dedup(op, contextOf(), (record) => passed.push(record), QUEUED_MAX);
    const add = (atMs: number, key: string): void =>
      dedup.add({ timeMs: atMs, order: NO_ORDER, keys: [key], columns: [{ key, atMs }, atMs] });
    add(3, "a");
    add(2, "b");
    expect(passed).toEqual([]);
    add(1, "a");
    expect(passed).toEqual([{ key: "a", atMs: 1 }]);
    drained(dedup.advance(3, 100));
    expect(passed.slice(1)).toEqual([{ key: "b", atMs: 2 }]);
  });

  it("sessions count the earliest record before its time, and each once", () => {
    const results: RecordValue[] = [];
    const window = { kind: "session", gapMs: 10, maxMs: 100, graceMs: 0 } as const;
    const aggregates = [{ name: "n", fn: "count", column: null }] as const;
    const op = { op: "reduce", window, keys: ["k"], aggregates } as const;
    const sessions = new Sessions(op, contextOf(), (record) => results.push(record), QUEUED_MAX);
    for (const timeMs of [30, 20, 25, 4, 50]) {
      sessions.add({ timeMs, order: NO_ORDER, keys: ["k"], columns: [] });
    }
    drained(sessions.advance(50, 1000));
    expect(results.reduce((sum, { n }) => sum + Number(n), 0)).toBe(5);
  });
});
