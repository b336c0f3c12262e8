import { describe, expect, it } from "vitest";
import { planOf } from "../compiler/testing/plan-of.ts";
import type { Begin } from "./deployment.ts";
import { type PlacedPlan, type PlanChange, planChange } from "./plan-change.ts";

const SEAM: Begin = { at: "seam" };

const PROGRAM = `pipeline p {
  options { partitions: 2 }
  from firehose('app.bsky.feed.like')
  |> filter op == 'create'
  |> window tumbling(size: 1m)
  |> reduce by record.subject.uri as post { n: count() }
  |> filter n > 1
  |> to topic('p.counts', key: post, partitions: 2)
}`;

function placed(text: string, firehosePartitions = 4): PlacedPlan {
  return { plan: planOf(text), firehosePartitions, topics: {} };
}

/** Of the program with `from` in place of which stands `to`. */
function edited(from: string, to: string, begin = SEAM): PlanChange {
  expect(PROGRAM).toContain(from);
  return planChange(placed(PROGRAM), placed(PROGRAM.replace(from, to)), begin);
}

function kinds({ stages }: PlanChange): Record<string, string> {
  return Object.fromEntries(stages.map(({ stage, kind }) => [stage, kind]));
}

describe("planChange", () => {
  it("finds everything new when nothing was there", () => {
    const change = planChange(null, placed(PROGRAM), SEAM);
    expect(kinds(change)).toEqual({ s0: "new", s1: "new" });
    expect(change.stages.map(({ stateful }) => stateful)).toEqual([false, true]);
    expect(change.topics.map(({ kind, topic }) => [kind, topic])).toContainEqual([
      "new",
      "p.counts",
    ]);
    expect(change.sources).toEqual([{ stage: "s0", source: "firehose", at: { at: "default" } }]);
  });

  it("keeps every stage of an unchanged plan, and goes on at the seam", () => {
    const change = planChange(placed(PROGRAM), placed(PROGRAM), SEAM);
    expect(kinds(change)).toEqual({ s0: "kept", s1: "kept" });
    expect(change.topics.map(({ kind }) => kind)).toEqual(["kept", "kept"]);
    expect(change.sources).toEqual([{ stage: "s0", source: "firehose", at: SEAM }]);
  });

  it("keeps the state of a stage whose results are used in another way", () => {
    expect(kinds(edited("n > 1", "n > 2"))).toEqual({ s0: "kept", s1: "edited" });
  });

  it.each([
    ["what comes to it", "op == 'create'", "op != 'delete'", ["what comes to it"]],
    ["its window", "size: 1m", "size: 2m", ["what comes to it", "window"]],
    ["its aggregates", "n: count()", "n: count(), m: max(seq)", ["what comes to it", "aggregates"]],
    [
      "its partitions",
      "options { partitions: 2 }",
      "options { partitions: 3 }",
      ["2 → 3 partitions"],
    ],
  ])("rebuilds a stage when %s changes, and says so", (_what, from, to, why) => {
    const change = edited(from, to);
    const reduce = change.stages.find(({ stage }) => stage === "s1");
    expect(reduce).toMatchObject({ kind: "rebuilt", from: "s1", stateful: true });
    expect(reduce?.why).toEqual(expect.arrayContaining(why));
  });

  it("keeps all state when only the policy for failing tasks is edited", () => {
    const change = edited(
      "options { partitions: 2 }",
      "options { partitions: 2, on_poison: stop }",
    );
    expect(kinds(change)).toEqual({ s0: "kept", s1: "kept" });
  });

  it("rebuilds every stage when it begins anywhere but at the seam", () => {
    const change = edited("n > 1", "n > 2", { at: "first" });
    expect(kinds(change)).toEqual({ s0: "rebuilt", s1: "rebuilt" });
    expect(change.stages.map(({ why }) => why)).toEqual([["restarted"], ["restarted"]]);
    expect(change.sources[0]?.at).toEqual({ at: "first" });
  });

  it("tells stages and topics that are dropped, and topics that grow", () => {
    const stateless = PROGRAM.replace(/\|> window.*n > 1/s, "|> map { post: did }");
    const change = planChange(placed(PROGRAM), placed(stateless), SEAM);
    expect(kinds(change)).toMatchObject({ s1: "dropped" });
    const grown = edited("partitions: 2)", "partitions: 5)").topics;
    expect(grown).toContainEqual({ kind: "grown", topic: "p.counts", partitions: 5 });
    const renamed = edited("'p.counts'", "'p.other'").topics;
    expect(renamed).toContainEqual({ kind: "new", topic: "p.other", partitions: 2 });
    expect(renamed).toContainEqual({ kind: "dropped", topic: "p.counts", partitions: 2 });
  });
});
