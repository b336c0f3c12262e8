// What is written in several batches counts as a whole or not at all.

import { describe, expect, it } from "vitest";
import { HEADER } from "../../plan/names.ts";
import type { CrashPoint } from "../crash-points.ts";
import type { LogAppend } from "../ports.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { checkpointSubjects, loadCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { firstCheckpoint } from "./first-checkpoint.ts";
import { deploymentOf, simulatedPlan } from "./simulation.test-support.ts";
import { NO_STATE, StateLog } from "./state-log.ts";
import { CommitWriter } from "./write-commit.ts";

const deployment = deploymentOf(simulatedPlan);
const task = { stage: "s1", partition: 0 };
const at = checkpointSubjects(deployment, task);
const first = firstCheckpoint(deployment, task, []);
const SIZES = { messages: 4, bytes: 100_000, stagedBytes: 900 };
const NEVER = new AbortController().signal;

class Died extends Error {}

function writer(log: MemoryLog, dieAt: CrashPoint | null = null): CommitWriter {
  const crash = {
    at: (point: CrashPoint) => {
      if (point === dieAt) throw new Died(point);
    },
  };
  return new CommitWriter({ log, crash }, at, SIZES);
}

/** Entries that take many messages. */
function stateOf(value: number, count = 12) {
  const log = new StateLog(at.state, first, NO_STATE);
  const changes = Array.from({ length: count }, (_, i) => {
    return { key: `k${i}`, value: new Uint8Array(200).fill(value) };
  });
  return log.next(count, changes, () => []);
}

async function commit(one: CommitWriter, value: number, expectedLastSeq: number) {
  const batches = one.batches({ output: [], ...stateOf(value) }, first, expectedLastSeq);
  expect(batches.staged.length).toBeGreaterThan(1);
  return await one.write(batches, expectedLastSeq, NEVER);
}

/** The values of all entries, as they come. */
async function loaded(log: MemoryLog): Promise<number[]> {
  const restored = await loadCheckpoint(log, at);
  const entries = new Map([...(restored?.state.parts ?? [])].flat().map((one) => [one.key, one]));
  return [...entries.values()].map(({ value }) => value?.[0] ?? Number.NaN);
}

function logOf(): MemoryLog {
  const log = new MemoryLog();
  log.messageBytesMax = 300;
  return log;
}

describe("a commit in several batches", () => {
  it("is read back whole", async () => {
    const log = logOf();
    expect(await commit(writer(log), 7, 0)).toMatchObject({ kind: "committed" });
    expect(await loaded(log)).toEqual(Array.from({ length: 12 }, () => 7));
  });

  it.each(["commit half staged", "commit staged, not made to count"] as const)(
    "is nothing after a crash: %s",
    async (point) => {
      const log = logOf();
      const before = await commit(writer(log), 1, 0);
      if (before.kind === "fenced") throw new Error("fenced");
      await expect(commit(writer(log, point), 2, before.checkpointSeq)).rejects.toThrow(Died);
      expect(await loaded(log)).toEqual(Array.from({ length: 12 }, () => 1));
      const restored = await loadCheckpoint(log, at);
      const bytes = stateOf(1).changes.reduce((sum, { payload }) => sum + payload.length, 0);
      expect(restored?.state.changedBytes).toBe(bytes);
      expect(await commit(writer(log), 3, before.checkpointSeq)).toMatchObject({
        kind: "committed",
      });
      expect(await loaded(log)).toEqual(Array.from({ length: 12 }, () => 3));
    },
  );

  it("is not even begun by a task that was replaced, and is nothing if it was", async () => {
    const log = logOf();
    const stale = writer(log);
    const batches = stale.batches({ output: [], ...stateOf(9) }, first, 0);
    const [staged = []] = batches.staged;
    await commit(writer(log), 1, 0);
    const lastSeq = await log.lastSeq(at.stream);
    expect(await stale.write(batches, 0, NEVER)).toEqual({ kind: "fenced" });
    expect(await log.lastSeq(at.stream)).toBe(lastSeq);
    for (const one of staged) log.append(at.stream, one);
    expect(await loaded(log)).toEqual(Array.from({ length: 12 }, () => 1));
  });

  it("counts once where a lost answer had a batch written twice", async () => {
    const log = logOf();
    const twice: MemoryLog["commit"] = async (stream, messages) => {
      if (messages.some(({ headers }) => headers.has(HEADER.staged)))
        for (const one of messages.filter((all) => all.expectedLastSeq === undefined))
          log.append(stream, one);
      return await MemoryLog.prototype.commit.call(log, stream, messages);
    };
    log.commit = twice;
    await commit(writer(log), 5, 0);
    const restored = await loadCheckpoint(log, at);
    const bytes = stateOf(5).changes.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(restored?.state.changedBytes).toBe(bytes);
    expect(await loaded(log)).toEqual(Array.from({ length: 12 }, () => 5));
  });

  it("says where its base begins", async () => {
    const log = logOf();
    const one = writer(log);
    const base = stateOf(2).changes.map((message): LogAppend => {
      return { ...message, headers: new Map(message.headers).set(HEADER.state, "base") };
    });
    const contents = { output: [], changes: stateOf(1).changes, base };
    const result = await one.write(one.batches(contents, first, 0), 0, NEVER);
    if (result.kind === "fenced") throw new Error("fenced");
    await log.purge(at.stream, at.state, result.baseSeq - 1);
    const kinds: unknown[] = [];
    for await (const { headers } of log.readAll(at.stream, [at.state])) {
      kinds.push(headers.get(HEADER.state));
    }
    expect(new Set(kinds)).toEqual(new Set(["base", "marker"]));
    const baseBytes = base.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(kinds).toHaveLength(1 + Math.ceil(baseBytes / log.messageBytesMax));
  });
});

describe("a checkpoint", () => {
  it("keeps its progress when that fits, and apart and in parts when it does not", async () => {
    for (const channels of [1, 200]) {
      const log = logOf();
      log.messageBytesMax = 700;
      const names = Array.from({ length: channels }, (_, i): [string, number] => [`c${i}`, i]);
      const inputs = [{ generation: 1, expected: channels, channels: names }];
      const progress = { ...first.progress, watermarks: { inputs, leastMs: 5 } };
      const one = writer(log);
      const contents = { output: [], changes: [], base: [] };
      const batches = one.batches(contents, { ...first, progress }, 0);
      await one.write(batches, 0, NEVER);
      expect(batches.last.length > 1).toBe(channels > 1);
      expect(one.oldProgressSeq).toBe(channels > 1 ? 0 : null);
      expect((await readCheckpoint(log, at))?.checkpoint.progress).toEqual(progress);
    }
  });

  it("is asked for again when its progress has just been deleted", async () => {
    const log = logOf();
    log.messageBytesMax = 10;
    const one = writer(log);
    await one.write(one.batches({ output: [], changes: [], base: [] }, first, 0), 0, NEVER);
    await log.purge(at.stream, at.progress, await log.lastSeq(at.stream));
    await expect(readCheckpoint(log, at)).rejects.toThrow("is gone");
  });
});
