import { describe, expect, it } from "vitest";
import { planOf } from "../compiler/testing/plan-of.ts";
import type { Plan, Stage } from "./plan.ts";
import { sourceIdentity, stateIdentity, upstreamIdentity } from "./state-identity.ts";

const AROUND = { firehosePartitions: 4, topics: {} };

/** Two counts behind a branch. */
const PROGRAM = `pipeline p {
  from firehose('app.bsky.feed.*')
  |> filter op == 'create'
  |> branch {
    when collection == 'app.bsky.feed.like' =>
      |> window tumbling(size: 1m) |> reduce by did { n: count() }
      |> filter n > 1 |> to topic('p.likes')
    else =>
      |> window tumbling(size: 5m) |> reduce by did { n: count() } |> to topic('p.rest')
  }
}`;

function stage(plan: Plan, id: string): Stage {
  const found = plan.stages.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no stage ${id}`);
  return found;
}

/** Which of the two counts go on with their state when `from` becomes `to`. */
function kept(from: string, to: string): boolean[] {
  expect(PROGRAM).toContain(from);
  const [old, next] = [planOf(PROGRAM), planOf(PROGRAM.replace(from, to))];
  return ["s1", "s2"].map(
    (id) =>
      stateIdentity(old, stage(old, id), AROUND) === stateIdentity(next, stage(next, id), AROUND),
  );
}

describe("stateIdentity", () => {
  it.each([
    ["what is done with the results", "n > 1", "n > 2", [true, true]],
    ["the name of a topic", "'p.likes'", "'p.other'", [true, true]],
    [
      "where the source starts",
      "'app.bsky.feed.*')",
      "'app.bsky.feed.*') start at first",
      [true, true],
    ],
    ["the window of one arm", "size: 5m", "size: 6m", [true, false]],
    ["the keys of one arm", "5m) |> reduce by did", "5m) |> reduce by rkey", [true, false]],
    ["the condition of the first arm", "feed.like'", "feed.post'", [false, false]],
    ["a filter in front of both", "op == 'create'", "op != 'delete'", [false, false]],
    ["what the source picks", "'app.bsky.feed.*'", "'app.bsky.*'", [false, false]],
  ])("with another %s: kept is as it should be", (_what, from, to, expected) => {
    expect(kept(from, to)).toEqual(expected);
  });

  it("changes with the partitions of the stage, over which its keys are spread", () => {
    const plan = planOf(PROGRAM);
    const at = (partitions: number) =>
      stateIdentity(plan, { ...stage(plan, "s1"), partitions }, AROUND);
    expect(at(2)).toBe(at(2));
    expect(at(2)).not.toBe(at(3));
  });

  it("changes with the partitions of the firehose", () => {
    const plan = planOf(PROGRAM);
    const at = (firehosePartitions: number) =>
      stateIdentity(plan, stage(plan, "s1"), { ...AROUND, firehosePartitions });
    expect(at(4)).toBe(at(4));
    expect(at(4)).not.toBe(at(8));
  });

  it("of a stage at a source is its place: what it filters does not matter, whose topic it is does", () => {
    const text = "pipeline p { from topic('a.b') |> filter n > 1 |> to topic('p.out') }";
    const [plan, other] = [planOf(text), planOf(text.replace("n > 1", "n > 2"))];
    const owned = (pipeline: string) => ({
      ...AROUND,
      topics: { "a.b": { owner: { bucket: 0, tenant: "local", pipeline }, partitions: 2 } },
    });
    const identity = (of: Plan, owner: string) => stateIdentity(of, stage(of, "s0"), owned(owner));
    expect(identity(plan, "one")).toBe(identity(other, "one"));
    expect(identity(plan, "one")).not.toBe(identity(plan, "two"));
  });
});

describe("upstreamIdentity and sourceIdentity", () => {
  it("tell what comes to a stage from what it does with it", () => {
    const plan = planOf(PROGRAM);
    const aggregates = planOf(
      PROGRAM.replace("5m) |> reduce by did { n: count() }", "5m) |> reduce by did { m: count() }"),
    );
    const [was, is] = [plan, aggregates].map((one) =>
      upstreamIdentity(one, stage(one, "s2"), AROUND),
    );
    expect(is).toBe(was);
    const input = stage(plan, "s0").inputs[0];
    if (input?.kind !== "firehose") throw new Error("s0 reads the firehose");
    expect(sourceIdentity({ ...input, collections: [] }, AROUND)).toBe(
      sourceIdentity(input, AROUND),
    );
  });
});
