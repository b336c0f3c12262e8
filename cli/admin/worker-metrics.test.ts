import { describe, expect, it } from "vitest";
import type { Failure } from "../../runtime/task/failure.ts";
import type { TaskReport } from "../../runtime/task/stage-task.ts";
import { WorkerMetrics } from "./worker-metrics.ts";

const FAILURE: Failure = {
  phase: "message",
  place: { input: 0, stream: "FIREHOSE", subject: "a.b", seq: 7, record: null },
  reason: "broken\nand more",
  code: null,
  deployment: "v1@0",
  checkpointSeq: 1,
  count: 4,
  streak: 4,
  firstMs: 0,
  lastMs: 0,
  nextTryMs: 4000,
  aside: [],
  trying: null,
  skip: false,
};

const REPORT: TaskReport = {
  counters: { in: 1, out: 0, dropped: {}, late: 0, deadLetters: 0, lost: 0 },
  commits: 1,
  watermarkMs: null,
  times: { totalMs: 0, idleMs: 0, blockedMs: 0 },
  stateKeys: 0,
  stateBytes: 0,
  gap: null,
  failure: null,
};

function open() {
  const metrics = new WorkerMetrics(() => 1000);
  const fail = (task: string, failure: Failure): void =>
    metrics.take({ kind: "failed", task, error: new Error("x"), retryMs: 1, failure });
  const value = async (name: string) =>
    (await metrics.registry.metrics()).split("\n").find((line) => line.startsWith(`${name} `));
  return { metrics, fail, value };
}

describe("WorkerMetrics", () => {
  it("count a task as failing from its fourth failure at a place until it is past it", async () => {
    const { metrics, fail, value } = open();
    fail("t", { ...FAILURE, count: 3 });
    expect(await value("fpaas_worker_tasks_failing")).toMatch(/ 0$/);
    fail("t", FAILURE);
    expect(await value("fpaas_worker_tasks_failing")).toMatch(/ 1$/);
    expect(await value('fpaas_worker_task_failures_total{kind="message"}')).toMatch(/ 2$/);
    expect(metrics.notes()).toEqual([
      "t failing at FIREHOSE:7 (a.b), 4 times, next try in 3.0 s: broken",
    ]);
    metrics.take({ kind: "started", task: "t" });
    metrics.take({ kind: "progress", task: "t", report: { ...REPORT, failure: FAILURE } });
    expect(await value("fpaas_worker_tasks_failing")).toMatch(/ 1$/);
    metrics.take({ kind: "progress", task: "t", report: REPORT });
    expect(await value("fpaas_worker_tasks_failing")).toMatch(/ 0$/);
  });

  it("are troubled only when nothing of the worker works", () => {
    const { metrics, fail } = open();
    metrics.take({ kind: "started", task: "good" });
    fail("bad", FAILURE);
    expect(metrics.troubles()).toEqual([]);
    metrics.take({ kind: "stopped", task: "good" });
    expect(metrics.troubles()).toEqual(["every task of this worker fails"]);
  });

  it("tell what lacked apart from what a task was doing", async () => {
    const { fail, value } = open();
    fail("t", { ...FAILURE, code: "thread_out_of_memory" });
    expect(await value('fpaas_worker_task_failures_total{kind="memory"}')).toMatch(/ 1$/);
    expect(await value('fpaas_worker_task_failures_total{kind="message"}')).toMatch(/ 0$/);
  });
});
