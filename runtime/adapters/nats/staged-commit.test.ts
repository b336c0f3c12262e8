// State that is larger than any batch, on a real server: written in parts over several batches, and read back.

import { expect, it } from "vitest";
import { NO_CRASH_POINTS } from "../../crash-points.ts";
import { COMMIT_BYTES_MAX } from "../../ports.ts";
import { checkpointSubjects, loadCheckpoint } from "../../task/checkpoint.ts";
import { firstCheckpoint } from "../../task/first-checkpoint.ts";
import { deploymentOf, simulatedPlan } from "../../task/simulation.test-support.ts";
import { NO_STATE, StateLog } from "../../task/state-log.ts";
import { CommitWriter } from "../../task/write-commit.ts";
import { ForwardingLog } from "../../testing/forwarding-log.ts";
import { NEVER, openBench } from "./bench.test-support.ts";

/** As of a server with its default `max_payload`. */
class ModestLog extends ForwardingLog {
  override get messageBytesMax(): number {
    return 960 * 1024;
  }
}

it("stores entries of state larger than a message and a batch, and keeps a task out that was replaced", async () => {
  await using bench = await openBench();
  const log = new ModestLog(bench.log);
  const deployment = deploymentOf(simulatedPlan);
  const task = { stage: "s1", partition: 0 };
  const at = checkpointSubjects(deployment, task);
  const first = firstCheckpoint(deployment, task, []);
  const entries = Array.from({ length: 4 }, (_, i) => {
    return { key: `k${i}`, value: new Uint8Array(10_000_000).fill(i + 1) };
  });
  const { changes, base } = new StateLog(at.state, first, NO_STATE).next(4, entries, () => []);
  const writer = new CommitWriter({ log, crash: NO_CRASH_POINTS }, at);
  const batches = writer.batches({ output: [], changes, base }, first, 0);
  expect(batches.staged.length).toBeGreaterThan(COMMIT_BYTES_MAX / 10_000_000);
  expect(await writer.write(batches, 0, NEVER)).toMatchObject({ kind: "committed" });
  const restored = await loadCheckpoint(log, at);
  const loaded = [...(restored?.state.parts ?? [])].flat();
  expect(loaded.map(({ key, value }) => [key, value?.length, value?.at(-1)])).toEqual(
    entries.map(({ key, value }) => [key, value.length, value.at(-1)]),
  );
  const stale = new CommitWriter({ log, crash: NO_CRASH_POINTS }, at);
  expect(await stale.write(batches, 0, NEVER)).toEqual({ kind: "fenced" });
});
