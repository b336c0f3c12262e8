import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { NatsRefused } from "../runtime/adapters/nats/errors.ts";
import type { Failure } from "../runtime/task/failure.ts";
import type { TaskReport } from "../runtime/task/stage-task.ts";
import { Terminal } from "./terminal/terminal.ts";
import { WorkerLog } from "./worker-log.ts";

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
  const stderr = new PassThrough({ encoding: "utf8" });
  const terminal = new Terminal({ stdout: new PassThrough(), stderr, env: {}, nowMs: () => 0 });
  terminal.quiet = true;
  const log = new WorkerLog(terminal);
  const fail = (times: number, reason: string): string[] => {
    for (let i = 0; i < times; i++) {
      log.take({
        kind: "failed",
        task: "p@1/s0.0",
        error: new NatsRefused(reason),
        retryMs: 1000,
        failure: null,
      });
    }
    return lines();
  };
  const lines = (): string[] =>
    String(stderr.read() ?? "")
      .split("\n")
      .slice(0, -1);
  return { log, fail, lines };
}

describe("WorkerLog", () => {
  it("says why a task failed, even when quiet", () => {
    expect(open().fail(1, "too large")).toEqual(["p@1/s0.0: failed, again in 1.0 s: too large"]);
  });

  it("says ever less often that a task fails again for the same reason", () => {
    const { fail } = open();
    expect(fail(9, "too large")).toHaveLength(4);
    expect(fail(7, "too large")).toEqual(["p@1/s0.0: failed 16 times, again in 1.0 s: too large"]);
  });

  it("says at once that a task fails for another reason, or again after progress", () => {
    const { log, fail } = open();
    fail(3, "too large");
    expect(fail(1, "too many")).toHaveLength(1);
    log.take({ kind: "progress", task: "p@1/s0.0", report: REPORT });
    expect(fail(1, "too many")).toHaveLength(1);
  });

  it("goes by the failures that are known beyond this process, and says where they are", () => {
    const { log, lines } = open();
    const failure: Failure = {
      phase: "message",
      place: { input: 0, stream: "FIREHOSE", subject: "a.b", seq: 7, record: null },
      reason: "broken\n    at somewhere",
      code: null,
      deployment: "v1@0",
      checkpointSeq: 1,
      count: 1,
      streak: 1,
      firstMs: 0,
      lastMs: 0,
      nextTryMs: 0,
      aside: [],
      trying: null,
      skip: false,
    };
    for (const count of [5, 6, 7, 8]) {
      const known = { ...failure, count };
      const error = new NatsRefused("broken");
      log.take({ kind: "failed", task: "p@1/s0.0", error, retryMs: 15_000, failure: known });
    }
    expect(lines()).toEqual([
      "p@1/s0.0: failed 8 times at FIREHOSE:7 (a.b), again in 15.0 s: broken",
    ]);
  });

  it("says which entry cannot be read", () => {
    const { log, lines } = open();
    log.take({ kind: "unreadable", key: "local.bad", reason: "not JSON" });
    expect(lines()).toEqual([
      "local.bad: not run, what is deployed there cannot be read: not JSON",
    ]);
  });
});
