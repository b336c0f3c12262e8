// A new version takes over while the old one is in the middle of a record, some of whose results are out.

import { expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { type Deployment, tasksOf } from "../plan/deployment.ts";
import { bucketStream, FIREHOSE_STREAM, newLineage, topicSubject } from "../plan/names.ts";
import { decodeRecords } from "../runtime/eval/codec.ts";
import { toJson } from "../runtime/eval/json.ts";
import { handOver } from "../runtime/lifecycle/handover.ts";
import { checkpointSubjects, loadCheckpoint } from "../runtime/task/checkpoint.ts";
import { deploymentOf } from "../runtime/task/simulation.test-support.ts";
import { runStageTask, TASK_SIZES } from "../runtime/task/stage-task.ts";
import { EagerClock } from "../runtime/testing/eager-clock.ts";
import { MemoryLog } from "../runtime/testing/memory-log.ts";
import { madeItems } from "./support/made-events.ts";
import { shuffled } from "./support/run-plan.ts";

const ELEMENTS = 50;
const TINY = { ...TASK_SIZES, drain: { ...TASK_SIZES.drain, messages: 1 } };

function versionOf(version: number, map: string, from: Deployment | null): Deployment {
  const text = `pipeline p { options { partitions: 1 } from firehose('com.example.post') start at first |> unnest record.list as x |> map ${map} |> to topic('t') }`;
  const { plans, diagnostics } = compile({ file: "p.fpl", text });
  expect(diagnostics).toEqual([]);
  const [plan] = plans;
  if (plan === undefined) throw new Error("no plan");
  const deployment = { ...deploymentOf(plan), firehosePartitions: 32, version };
  const lineages = Object.fromEntries(plan.stages.map(({ id }) => [id, newLineage(version, id)]));
  if (from === null) return { ...deployment, lineages };
  const seam = { at: "seam" } as const;
  const handover = { from, defaultStart: "first", begin: seam, clearTopics: false } as const;
  return { ...deployment, lineages, handover };
}

/** Runs the only task until it has committed so often; its process then ends without another word. */
async function runFor(commits: number, deployment: Deployment, log: MemoryLog): Promise<void> {
  const [task] = tasksOf(deployment);
  if (task === undefined) throw new Error("no task");
  const stop = new AbortController();
  const ports = {
    log,
    clock: new EagerClock(),
    sizes: TINY,
    report: (report: { commits: number }): void => {
      if (report.commits >= commits) stop.abort();
    },
  };
  await runStageTask(deployment, task, ports, stop.signal);
}

async function resultsIn(log: MemoryLog, { address }: Deployment): Promise<unknown[]> {
  const records: unknown[] = [];
  for await (const { payload } of log.readAll(bucketStream(0), [topicSubject(address, "t", 0)])) {
    records.push(...decodeRecords(payload).map((value) => toJson(value)));
  }
  return records;
}

it("has the old version's results of that record, and its own of those behind it, each once", async () => {
  const log = new MemoryLog();
  const record = { list: Array.from({ length: ELEMENTS }, (_, i) => i) };
  const timeMs = Date.UTC(2026, 6, 4, 12);
  const did = "did:plc:one";
  const events = [{ did, timeMs, record }].concat({
    did,
    timeMs: timeMs + 1,
    record: { list: [7] },
  });
  for (const message of shuffled(madeItems(events))) log.append(FIREHOSE_STREAM, message);
  const first = versionOf(1, "{ old: x, time }", null);
  await handOver(first, log);
  await runFor(5, first, log);
  const [task] = tasksOf(first);
  if (task === undefined) throw new Error("no task");
  const half = await loadCheckpoint(log, checkpointSubjects(first, task));
  expect(half?.checkpoint.progress.inHand).toMatchObject({ taken: 1 });
  expect((await resultsIn(log, first)).length).toBeLessThan(ELEMENTS);

  const second = versionOf(2, "{ new: x, time }", first);
  await handOver(second, log);
  await runFor(1, second, log);
  const time = new Date(timeMs).toISOString();
  expect(await resultsIn(log, first)).toEqual([
    ...record.list.map((old) => ({ old, time })),
    { new: 7, time: new Date(timeMs + 1).toISOString() },
  ]);
});
