// `fpaas test`: the program gets a test for each pipeline, which expects what `fpaas run` gives with one partition, as
// tests have.

import { join } from "node:path";
import { expect } from "vitest";
import { TestFolder } from "../../cli/testing/command.ts";
import type { Plan } from "../../plan/plan.ts";
import { stdoutTopic } from "../../plan/plan.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { PlanDriver } from "../../runtime/plan-driver.ts";
import { RepeatFilter } from "../../runtime/repeat-filter.ts";
import { Shuffler } from "../../shuffler/shuffle.ts";
import type { ShuffledMessage } from "../../shuffler/shuffled-message.ts";
import { openRecording } from "../../shuffler/sources/recording.ts";
import { TimedSource } from "../../shuffler/trusted-time/timed-source.ts";
import { plansOf } from "./groups.ts";
import { addCounts, type Counts, type Fields, type Outcome } from "./outcome.ts";
import { runOf, testOf } from "./ways.ts";

/** The most records of a topic that are looked for one by one. */
const MEMBERS_MAX = 20;
const RECORDING = "events.frames.zst";

/** The program, with tests that expect what it gives in `run`, passes them. */
export async function expectPassingTests(source: string, recording: Uint8Array): Promise<void> {
  await using folder = await TestFolder.create();
  const text = withOnePartition(source);
  const plans = plansOf("one.fpl", text);
  await folder.write(RECORDING, recording);
  const file = await folder.write("one.fpl", text);
  const outcome = await runOf(folder, [file, "--from", RECORDING, "--partitions", "1"]);
  const counts = await countsByPipeline(plans, join(folder.path, RECORDING));
  expect(addCounts([...counts.values()])).toEqual(outcome.counts);
  // Tests of its own read files beside it.
  const tests = testsOf(plans, RECORDING, outcome, counts);
  await folder.write(file, `${text.split(/^test '/m)[0]}\n${tests}`);
  const { code, stdout } = await testOf(folder, file);
  expect(code, stdout).toBe(0);
  expect(stdout.match(/✓/g)).toHaveLength(plans.length);
}

/** The program with one partition everywhere. */
function withOnePartition(text: string): string {
  return text
    .replaceAll(/partitions: \d+/g, "partitions: 1")
    .replaceAll(/^(pipeline \w+ \{)(?!\s*options)/gm, "$1 options { partitions: 1 }");
}

/** What each pipeline counts, with one partition of the firehose. @param plans with one partition everywhere */
async function countsByPipeline(
  plans: readonly Plan[],
  recording: string,
): Promise<ReadonlyMap<string, Counts>> {
  const driver = new PlanDriver(plans, 1, () => undefined);
  const shuffler = new Shuffler({ partitions: 1, relay: "test", maxPayloadBytes: 2 ** 23 });
  const repeats = new RepeatFilter();
  const push = (messages: readonly ShuffledMessage[]): void => {
    for (const message of messages) if (repeats.admits(message)) driver.push(message);
  };
  const source = new TimedSource({ source: openRecording(recording, null), clock: systemClock });
  for await (const items of source.batches()) for (const item of items) push(shuffler.push(item));
  push(shuffler.closeWindows());
  driver.flush();
  const counters = Map.groupBy(driver.counters(), ({ pipeline }) => pipeline);
  return new Map([...counters].map(([pipeline, all]) => [pipeline, addCounts(all)]));
}

/** A test of each pipeline, over the recording. */
function testsOf(
  plans: readonly Plan[],
  recording: string,
  { topics }: Outcome,
  counts: ReadonlyMap<string, Counts>,
): string {
  return plans
    .map((plan) => {
      const expectations = [
        ...plan.topics.flatMap((topic) => recordsOf(plan, topic, topics)),
        ...countsOf(counts.get(plan.pipeline)),
      ];
      const steps = [`given '${recording}'`, "advance watermark to t'9999-12-31T23:59:59.999Z'"];
      const lines = [...steps, ...expectations].map((line) => `  ${line}\n`);
      return `test 'gives what run gives' for ${plan.pipeline} {\n${lines.join("")}}\n`;
    })
    .join("\n");
}

function recordsOf(
  { pipeline }: Plan,
  { name, role }: Plan["topics"][number],
  topics: Outcome["topics"],
): string[] {
  if (role === "dead-letters") return [];
  const shown = name === stdoutTopic(pipeline) ? "stdout" : name;
  const records = topics.get(shown) ?? [];
  const members = new Set(records.slice(0, MEMBERS_MAX).map(literal));
  return [
    `expect length('${shown}') == ${records.length}`,
    ...[...members].map((member) => `expect '${shown}' has ${member}`),
  ];
}

/** JSON between back-quotes. */
function literal(record: Fields): string {
  return `\`${JSON.stringify(record).replaceAll("`", "\\u0060")}\``;
}

function countsOf(counts: Counts | undefined): string[] {
  if (counts === undefined) throw new Error("every pipeline has stages");
  const dropped = Object.values(counts.dropped).reduce((sum, count) => sum + count, 0);
  return [
    `expect late == ${counts.late}`,
    `expect dead_letters == ${counts.deadLetters}`,
    `expect dropped == ${dropped}`,
  ];
}
