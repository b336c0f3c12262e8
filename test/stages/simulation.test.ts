// Every stage with state, deployed on a memory log whose tasks crash, lose answers and run twice, fed in
// random interleavings of the partitions: the answer is always that of one quiet run.

import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import { commitSubject, HEADER, watermarkSubject } from "../../plan/names.ts";
import { partitionOf } from "../../plan/partition.ts";
import type { Plan } from "../../plan/plan.ts";
import { encodeRecord } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { eachRecord, type FirehoseMessage, PlanDriver } from "../../runtime/plan-driver.ts";
import {
  type Like,
  SIMULATED_PARTITIONS,
  simulatePlan,
} from "../../runtime/task/simulation.test-support.ts";
import { type Random, seededRandom } from "../../runtime/testing/random.ts";

const TOPIC = "answers";
const COLLECTION = "app.bsky.feed.like";
const T0 = Date.UTC(2026, 6, 4, 12);
const SEEDS = [1, 2, 3];
const LIKES = 250;

const SINK = `|> to topic('${TOPIC}', key: time, partitions: 2)`;
/** Stages between the source and the topic. */
const PROGRAMS: Readonly<Record<string, string>> = {
  dedup: "dedup(by: record.subject, within: 20s)",
  "dedup with a cap": "dedup(by: record.subject, within: 20s, cap: 2)",
  "dedup, then a window": `dedup(by: did, within: 15s)
    |> window tumbling(size: 1m) |> reduce by record.subject { n: count(), seqs: collect(seq, max: 50) }`,
  "hopping windows": `window hopping(size: 1m, every: 10s, grace: 3s)
    |> reduce by record.subject { n: count(), top: top_k(did, 2), p: quantile(seq, 0.5), s: stddev(seq) }`,
  "hopping windows, then larger ones": `window hopping(size: 20s, every: 10s, grace: 5s)
    |> reduce by record.subject { n: count() }
    |> window tumbling(size: 1m) |> reduce by subject { n: sum(n), parts: count() }`,
  sessions: `window session(gap: 8s, max: 30s, grace: 2s)
    |> reduce by did { n: count(), first: first(seq), last: last(seq), r: rate() }`,
  "sessions with a long grace, then a window": `window session(gap: 3s, max: 1h, grace: 1m)
    |> reduce by record.subject { n: count() }
    |> window tumbling(size: 1m) |> reduce by subject { sessions: count(), n: sum(n) }`,
  "changes of hopping windows": `window hopping(size: 40s, every: 20s, grace: 10s)
    |> reduce by record.subject { n: count(), seqs: collect(seq, max: 100) } |> emit changes(every: 5s)`,
  "changes of tumbling windows": `window tumbling(size: 30s) |> reduce { n: count() } |> emit changes(every: 10s)`,
  "a reduce that expires": `reduce by did { n: count(), seqs: collect(seq, max: 500) } expire after 15s |> emit changes(every: 5s)`,
  "a reduce with a cap": `reduce by did { n: count() } cap: 3 |> emit changes(every: 7s)`,
  "a reduce with a cap, then a window": `reduce by did { n: count(), seq: last(seq) } cap: 2 |> emit changes(every: 7s)
    |> window tumbling(size: 1m) |> reduce by did { n: last(n), seqs: collect(seq, max: 100) }`,
  "changes of hopping windows, then one that remembers": `window hopping(size: 40s, every: 20s, grace: 10s)
    |> reduce by record.subject { n: count() } |> emit changes(every: 5s)
    |> reduce by subject { n: last(n), ns: collect(n, max: 100) } expire after 20s |> emit changes(every: 10s)`,
  "a branch": `filter true |> branch {
      when record.subject == 'post1' => |> dedup(by: did, within: 10s) |> to topic('other')
      else => |> window session(gap: 8s, max: 30s) |> reduce by did { n: count() } ${SINK}
    }`,
};

describe.each(Object.entries(PROGRAMS))("%s", (_, stages) => {
  it.each(SEEDS)("gives the same whatever crashes and interleaves (seed %i)", async (seed) => {
    const plan = planOf(stages);
    const random = seededRandom(seed * 104_729);
    const likes = likesWithLateOnes(random);
    const answers = await simulatePlan(plan, TOPIC, seed, interleaved(likes, random));
    const expected = quietRun(plan, likes);
    expect(expected.length).toBeGreaterThan(5);
    expect(answers.map((record) => JSON.stringify(toJson(record))).sort()).toEqual(expected.sort());
  });
});

function planOf(stages: string): Plan {
  const text = `pipeline sim {
    from firehose() start at first |> ${stages} ${stages.includes("branch") ? "" : SINK} }`;
  const { plans, diagnostics } = compile({ file: "sim.fpl", text });
  expect(diagnostics).toEqual([]);
  const [plan] = plans;
  if (plan === undefined) throw new Error("no plan");
  return plan;
}

/** Likes in relay order; times step back by up to 0.9 s, and one in ten is up to a minute late. */
function likesWithLateOnes(random: Random): Like[] {
  return Array.from({ length: LIKES }, (_, i) => ({
    did: `did:plc:${random.int(12)}`,
    seq: i + 1,
    timeMs: T0 + i * 700 - random.int(900) - (random.chance(0.1) ? random.int(60_000) : 0),
    subject: `post${random.int(5)}`,
  }));
}

/** Another order that leaves that of each partition as it is. */
function interleaved(likes: readonly Like[], random: Random): Like[] {
  const queues = Array.from({ length: SIMULATED_PARTITIONS }, (_, partition) =>
    likes.filter(({ did }) => partitionOf(did, SIMULATED_PARTITIONS) === partition),
  );
  const order: Like[] = [];
  while (order.length < likes.length) {
    const next = queues[random.int(queues.length)]?.splice(0, 1 + random.int(20)) ?? [];
    order.push(...next);
  }
  return order;
}

function quietRun(plan: Plan, likes: readonly Like[]): string[] {
  const records: string[] = [];
  const driver = new PlanDriver(
    [plan],
    SIMULATED_PARTITIONS,
    eachRecord((topic, record) => {
      if (topic === TOPIC) records.push(JSON.stringify(toJson(record)));
    }),
  );
  for (const like of likes) driver.push(messageOf(like));
  for (let i = 0; i < SIMULATED_PARTITIONS; i += 1) driver.push(endOf(i));
  driver.flush();
  return records;
}

function messageOf({ did, seq, timeMs, subject }: Like): FirehoseMessage {
  const partition = partitionOf(did, SIMULATED_PARTITIONS);
  const event = { did, seq, time: timeMs, kind: "commit", op: "create", collection: COLLECTION };
  return {
    subject: commitSubject(partition, "create", COLLECTION),
    headers: new Map(),
    payload: encodeRecord({ ...event, rkey: "r", rev: "r", record: { subject } }),
  };
}

function endOf(partition: number): FirehoseMessage {
  return {
    subject: watermarkSubject(partition),
    headers: new Map([[HEADER.watermark, String(END_OF_TIME_MS)]]),
    payload: new Uint8Array(),
  };
}
