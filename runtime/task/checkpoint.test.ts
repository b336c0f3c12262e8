import { describe, expect, it } from "vitest";
import { HEADER } from "../../plan/names.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import {
  checkpointMessage,
  checkpointSubjects,
  loadCheckpoint,
  tombstoneMessage,
} from "./checkpoint.ts";
import { firstCheckpoint } from "./first-checkpoint.ts";
import { deploymentOf, simulatedPlan } from "./simulation.test-support.ts";
import { encodeChanges } from "./stored.ts";

const deployment = deploymentOf(simulatedPlan);
const task = { stage: "s1", partition: 0 };
const at = checkpointSubjects(deployment, task);

function stateMessage(key: string) {
  const headers = new Map([
    [HEADER.epoch, "0"],
    [HEADER.state, "change"],
  ]);
  return { subject: at.state, headers, payload: encodeChanges([[key, new Uint8Array([1])]]) };
}

async function keysOf(log: MemoryLog): Promise<string[] | null> {
  const restored = await loadCheckpoint(log, at);
  return restored && [...restored.state.parts].flat().map(({ key }) => key);
}

describe("loadCheckpoint", () => {
  it("finds nothing where there is no checkpoint", async () => {
    expect(await loadCheckpoint(new MemoryLog(), at)).toBeNull();
  });

  it("gives the state before the checkpoint, and not what another owner commits meanwhile", async () => {
    const log = new MemoryLog();
    log.append(at.stream, stateMessage("before"));
    log.append(at.stream, checkpointMessage(at, firstCheckpoint(deployment, task, []), 0));
    log.append(at.stream, stateMessage("behind"));
    expect(await keysOf(log)).toEqual(["before"]);
  });

  it("finds nothing where a tombstone is in its place", async () => {
    const log = new MemoryLog();
    log.append(at.stream, checkpointMessage(at, firstCheckpoint(deployment, task, []), 0));
    log.append(at.stream, tombstoneMessage(at, 1));
    expect(await loadCheckpoint(log, at)).toBeNull();
  });
});
