import { describe, expect, it } from "vitest";
import { FIREHOSE_STREAM } from "../../plan/names.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { Retention } from "./retention.ts";
import { deploymentOf, simulatedPlan } from "./simulation.test-support.ts";
import { sourcesOf } from "./sources.ts";

/** The firehose from sequence 11 to 20. */
async function retentionFromEleven(): Promise<Retention> {
  const log = new MemoryLog();
  const message = {
    subject: "atproto.firehose.00.x",
    headers: new Map(),
    payload: new Uint8Array(),
  };
  for (let seq = 1; seq <= 20; seq += 1) log.append(FIREHOSE_STREAM, message);
  await log.purge(FIREHOSE_STREAM, ">", 10);
  const [stage] = simulatedPlan.stages;
  if (stage === undefined) throw new Error("no stage");
  const task = { stage: stage.id, partition: 0 };
  const retention = new Retention(log, sourcesOf(deploymentOf(simulatedPlan), task, stage));
  await retention.look();
  return retention;
}

const gap = (fromSeq: number, toSeq: number) => ({ stream: FIREHOSE_STREAM, fromSeq, toSeq });

describe("a gap in front of the next message", () => {
  it.each([
    ["is all that was deleted since the last one", 5, 12, gap(6, 10)],
    ["is one message", 9, 11, gap(10, 10)],
    ["is none when the next one is where the stream begins", 10, 11, null],
    ["is none behind the beginning, where other subjects are", 12, 19, null],
    ["is none for a task that has not begun", 0, 11, null],
    ["is none in front of a message that was read before the look", 5, 7, null],
  ])("%s", async (_, inSeq, nextSeq, expected) => {
    expect((await retentionFromEleven()).gapBefore(0, inSeq, nextSeq)).toEqual(expected);
  });
});
