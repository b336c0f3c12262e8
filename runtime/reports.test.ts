import { describe, expect, it } from "vitest";
import type { Clock } from "./ports.ts";
import {
  keepReporting,
  QUIET_AFTER_MS,
  type ReportBoard,
  Reporter,
  type WorkerReport,
} from "./reports.ts";
import type { TaskTimes } from "./task/meter.ts";
import type { TaskReport } from "./task/stage-task.ts";

const TASK = "local.p@1/s0.0";

class ManualClock implements Clock {
  nowMs = 0;
  now(): number {
    return this.nowMs;
  }
  async sleep(ms: number): Promise<void> {
    this.nowMs += ms;
  }
}

function reportOf(times: TaskTimes): TaskReport {
  const counters = { in: 0, out: 0, late: 0, deadLetters: 0, lost: 0, dropped: {} };
  return {
    counters,
    commits: 1,
    watermarkMs: 0,
    times,
    stateKeys: 7,
    stateBytes: 70,
    gap: null,
    failure: null,
  };
}

function open() {
  const clock = new ManualClock();
  const reporter = new Reporter("w", clock);
  const hear = (totalMs: number, idleMs: number, blockedMs: number): void => {
    const report = reportOf({ totalMs, idleMs, blockedMs });
    reporter.take({ kind: "progress", task: TASK, report });
  };
  return { clock, reporter, hear, activity: () => reporter.next().tasks[TASK] };
}

describe("Reporter", () => {
  it("shares the time since the last report among work, waiting for input and waiting for the log", () => {
    const { hear, activity } = open();
    hear(1000, 500, 200);
    expect(activity()).toEqual({
      busy: 0.3,
      blocked: 0.2,
      blockedMs: 200,
      stateKeys: 7,
      stateBytes: 70,
    });
    hear(2000, 600, 1100);
    expect(activity()).toMatchObject({ busy: 0, blocked: 0.9, blockedMs: 1100 });
  });

  it("takes a task for idle that has not been heard of for longer than the limit, and not before", () => {
    const { clock, hear, activity } = open();
    hear(1000, 0, 0);
    expect(activity()).toMatchObject({ busy: 1 });
    clock.nowMs = QUIET_AFTER_MS;
    expect(activity()).toMatchObject({ busy: 1 });
    clock.nowMs = QUIET_AFTER_MS + 1;
    expect(activity()).toMatchObject({ busy: 0, blocked: 0, stateKeys: 7 });
  });

  it.each(["stopped", "fenced"] as const)("forgets a task that is %s", (kind) => {
    const { reporter, hear, activity } = open();
    hear(1000, 0, 0);
    expect(activity()).toBeDefined();
    hear(2000, 0, 0);
    reporter.take({ kind, task: TASK });
    expect(activity()).toBeUndefined();
  });
});

describe("keepReporting", () => {
  it("goes on when a report is not stored, and says so; without tasks it reports nothing", async () => {
    const { clock, reporter, hear } = open();
    const stop = new AbortController();
    const stored: WorkerReport[] = [];
    const failures: unknown[] = [];
    const board: ReportBoard = {
      publish: async (report) => {
        if (failures.length === 0) throw new Error("away");
        stored.push(report);
        stop.abort();
      },
      read: async () => [],
    };
    const ticking: Clock = {
      now: () => clock.now(),
      sleep: async (ms) => {
        await clock.sleep(ms);
        if (clock.nowMs > 2 * ms) hear(clock.nowMs, 0, 0);
      },
    };
    await keepReporting(reporter, board, ticking, (error) => failures.push(error), stop.signal);
    expect(failures).toEqual([new Error("away")]);
    expect(stored.map(({ worker, tasks }) => [worker, Object.keys(tasks)])).toEqual([
      ["w", [TASK]],
    ]);
  });
});
