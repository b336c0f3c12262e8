// What summing up in front of an exchange saves, or costs: the same events through the same program with it and
// without it, a few thousand at a time in turn, in this process.
//
//   npm run bench:combiner                  5 rounds of a million events
//   npm run bench:combiner -- --rounds 3

import { cpus } from "node:os";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import type { Plan } from "../../plan/plan.ts";
import { DRAIN } from "../../runtime/core/drain-limits.ts";
import { COMBINER } from "../../runtime/core/operators/combiner.ts";
import { type FirehoseMessage, PlanDriver } from "../../runtime/plan-driver.ts";
import { benchFiles, type DataSet } from "../data/files.ts";
import { readMessages } from "../data/messages.ts";
import { spreadOf } from "../suite/spread.ts";

const EVENTS = 1_000_000;
/** Pushed to one and then to the other, so that what else the machine does comes to both. */
const TURN_MESSAGES = 8192;
const WITHOUT = { ...DRAIN, combiner: { ...COMBINER, groupsMax: 0 } };

const COUNT = "{ n: count() }";
const SUM = "{ n: count(), sum: sum(seq), last: max(time) }";
const QUESTIONS: readonly (readonly [name: string, on: DataSet, reduce: string])[] = [
  ["collections, counted", "events", `collection ${COUNT}`],
  ["collections, with sum and max", "events", `collection ${SUM}`],
  ["250 keys, counted", "likes", `hash(did) % 250 as k ${COUNT}`],
  ["250 keys, with sum and max", "likes", `hash(did) % 250 as k ${SUM}`],
  ["1000 keys, counted", "likes", `hash(did) % 1000 as k ${COUNT}`],
  ["1000 keys, with sum and max", "likes", `hash(did) % 1000 as k ${SUM}`],
  ["100 000 posts, counted", "likes", `record.subject.uri as post ${COUNT}`],
  ["100 000 posts, with sum and max", "likes", `record.subject.uri as post ${SUM}`],
];

const at = process.argv.indexOf("--rounds");
const rounds = at === -1 ? 5 : Number(process.argv[at + 1]);

console.log(`${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}`);
for (const set of ["events", "likes"] as const) {
  const messages = await readMessages((await benchFiles(set, EVENTS)).messages);
  for (const [name, on, reduce] of QUESTIONS) {
    if (on !== set) continue;
    const plan = planOf(
      `pipeline sums { from firehose() |> window tumbling(size: 1m) |> reduce by ${reduce} |> to topic('bench.sums') }`,
    );
    const taken = Array.from({ length: rounds + 1 }, () => round(plan, messages)).slice(1);
    const [without, summed] = [0, 1].map(
      (side) => spreadOf(taken.map((one) => one[side] ?? 0)).median,
    );
    const ratio = spreadOf(taken.map(([a, b]) => b / a)).median;
    console.log(
      `| ${name.padEnd(31)} | ${micros(without)} | ${micros(summed)} | ${ratio.toFixed(2)} |`,
    );
  }
}

/** CPU time without it and with it, milliseconds. @throws Error when their answers are not the same */
function round(plan: Plan, messages: readonly FirehoseMessage[]): [number, number] {
  const sides = [WITHOUT, DRAIN].map((limits) => {
    const answers: Uint8Array[] = [];
    const driver = new PlanDriver(
      [plan],
      FIREHOSE_PARTITIONS_DEFAULT,
      (_, records) => answers.push(records),
      limits,
    );
    return { driver, answers, ms: 0 };
  });
  for (let from = 0; from < messages.length; from += TURN_MESSAGES) {
    for (const side of sides) {
      const before = process.cpuUsage();
      for (const message of messages.slice(from, from + TURN_MESSAGES)) side.driver.push(message);
      if (from + TURN_MESSAGES >= messages.length) side.driver.flush();
      const { user, system } = process.cpuUsage(before);
      side.ms += (user + system) / 1000;
    }
  }
  const [without, summed] = sides.map(({ answers }) => Buffer.concat(answers));
  if (without === undefined || summed?.equals(without) !== true) throw new Error("answers differ");
  return [sides[0]?.ms ?? 0, sides[1]?.ms ?? 0];
}

function micros(ms: number | undefined): string {
  return (((ms ?? 0) * 1000) / EVENTS).toFixed(2);
}
