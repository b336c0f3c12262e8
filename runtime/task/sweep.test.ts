import { expect, it } from "vitest";
import { lineageOf } from "../../plan/deployment.ts";
import { bucketStream, exchangeSubject, HEADER, producerName } from "../../plan/names.ts";
import { encodeRow } from "../eval/codec.ts";
import { NO_ORDER } from "../eval/record-order.ts";
import { handOver } from "../lifecycle/handover.ts";
import type { LogMessage } from "../ports.ts";
import { EagerClock } from "../testing/eager-clock.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { checkpointSubjects } from "./checkpoint.ts";
import { COMMIT } from "./commit-pace.ts";
import { deploymentOf, simulatedPlan } from "./simulation.test-support.ts";
import { runStageTask } from "./stage-task.ts";

const STREAM = bucketStream(0);
const MESSAGES = 5;
const READ = 3;
const task = { stage: "s1", partition: 0 };
const deployment = deploymentOf(simulatedPlan);
const exchange = exchangeSubject(deployment.address, lineageOf(deployment, "s1"), 0);

/** A reader of it gets a few messages, and for the others it waits. */
class SlowLog extends MemoryLog {
  readThroughSeq = 0;

  override async *read(...args: Parameters<MemoryLog["read"]>) {
    for await (const batch of super.read(...args)) {
      const arrived = batch.filter(({ seq }) => seq <= this.readThroughSeq);
      if (arrived.length > 0) yield arrived;
    }
  }
}

/** Between two looks it is always time to sweep. */
class HastyClock extends EagerClock {
  override async sleep(ms: number): Promise<void> {
    await super.sleep(ms + COMMIT.sweepMs);
  }
}

it("a sweep deletes what was processed, and not what is still to be read", async () => {
  const log = new SlowLog();
  await handOver(deployment, log);
  const seqs = Array.from({ length: MESSAGES }, (_, i) => log.append(STREAM, rowMessage(i)));
  log.readThroughSeq = seqs[READ - 1] ?? 0;
  const stop = new AbortController();
  const ports = { log, clock: new HastyClock(), report: () => undefined };
  const running = runStageTask(deployment, task, ports, stop.signal);
  try {
    const left = async () => await seqsOn(log, exchange);
    await expect.poll(left).toEqual(seqs.slice(READ));
    const { checkpoint } = checkpointSubjects(deployment, task);
    expect(await seqsOn(log, checkpoint)).toHaveLength(1);
  } finally {
    stop.abort();
  }
  expect(await running).toBe("stopped");
});

function rowMessage(i: number) {
  const headers = new Map([[HEADER.from, producerName(1, "s0", 0, 2)]]);
  const row = { timeMs: i, order: { ...NO_ORDER, seq: i }, keys: ["k"], columns: ["did", i] };
  return { subject: exchange, headers, payload: encodeRow(row) };
}

async function seqsOn(log: MemoryLog, subject: string): Promise<number[]> {
  const found: LogMessage[] = [];
  for await (const message of log.readAll(STREAM, [subject])) found.push(message);
  return found.map(({ seq }) => seq);
}
