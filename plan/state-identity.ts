// What the state of a stage is a function of. Two stages of equal identity have the same state after the
// same input, so a later version may go on with what an earlier one has gathered, whatever else was edited.
//
//   s0: filter, branch ─┬─ window A, exchange → s1: reduce A, filter, sink
//                       └─ window B, exchange → s2: reduce B, sink
//
// The identity of s1 is its reduce, its partitions, and the way from the source to it: not the filter and
// the sink behind the reduce, and nothing of the other arm but the condition that comes first.

import { canonicalJson } from "./canonical-json.ts";
import type { TopicAddress } from "./deployment.ts";
import { isStateful } from "./ops.ts";
import type { BranchOp, Input, Op, Plan, Stage } from "./plan.ts";

/** What surrounds a plan where it is deployed. */
export type Surroundings = {
  readonly firehosePartitions: number;
  readonly topics: Readonly<Record<string, TopicAddress>>;
};

type SourceInput = Exclude<Input, { kind: "exchange" }>;

/** As text, to be compared. */
export function stateIdentity(plan: Plan, stage: Stage, around: Surroundings): string {
  const [first] = stage.ops;
  const op = first !== undefined && isStateful(first) ? first : null;
  const inputs = stage.inputs.map((input) =>
    // Where a source is read, nothing but the position depends on it: filters may change.
    input.kind === "exchange" ? wayTo(stage.id, input.from, plan, around) : place(input, around),
  );
  return canonicalJson({ partitions: stage.partitions, op, inputs });
}

/** Which stream and subjects a source reads, apart from what it picks of them. */
export function sourceIdentity(input: SourceInput, around: Surroundings): string {
  return canonicalJson(place(input, around));
}

/** Everything that decides which records of a source come in, but not where it starts. */
export function pickIdentity(input: SourceInput): string {
  const { start, ...rest } = input;
  return canonicalJson(start.at === "time" ? { ...rest, start } : rest);
}

/** Everything in front of a stage that decides which rows come to it, as text. */
export function upstreamIdentity(plan: Plan, stage: Stage, around: Surroundings): string {
  const ways = stage.inputs.map((input) =>
    input.kind === "exchange" ? wayTo(stage.id, input.from, plan, around) : place(input, around),
  );
  return canonicalJson(ways);
}

function place(input: SourceInput, { firehosePartitions, topics }: Surroundings): unknown {
  if (input.kind === "firehose") return { firehose: firehosePartitions };
  return { topic: input.topic, owner: topics[input.topic]?.owner ?? null };
}

/** The way from the sources through stages `from` to the exchange in front of stage `to`. */
function wayTo(to: string, from: readonly string[], plan: Plan, around: Surroundings): unknown[] {
  return from.map((id) => {
    const stage = plan.stages.find((one) => one.id === id);
    if (stage === undefined) throw new Error(`invariant broken: no stage ${id}`);
    const inputs = stage.inputs.map((input) =>
      input.kind === "exchange"
        ? wayTo(id, input.from, plan, around)
        : [place(input, around), pickIdentity(input)],
    );
    return { partitions: stage.partitions, inputs, ops: opsTo(to, stage.ops) };
  });
}

/** The operators that a row passes, or is turned away by, on its way to exchange `to`. */
function opsTo(to: string, ops: readonly Op[]): Op[] {
  const way: Op[] = [];
  for (const op of ops) {
    if (op.op === "exchange" && op.to === to) return [...way, { ...op, to: "" }];
    if (op.op === "branch" && leadsTo(to, op.arms)) return [...way, armsTo(to, op)];
    // Late records go elsewhere or nowhere: on the way they are gone.
    if (op.op === "window") way.push({ ...op, late: null });
    else if (op.op !== "sink") way.push(op);
  }
  return way;
}

/** Arms before the one that leads on take records away from it; what they do with them does not matter. */
function armsTo(to: string, { arms }: BranchOp): BranchOp {
  const last = arms.findLastIndex((arm) => leadsTo(to, [arm]));
  return {
    op: "branch",
    arms: arms.slice(0, last + 1).map(({ when, ops }) => ({
      when,
      ops: leadsTo(to, [{ when, ops }]) ? opsTo(to, ops) : [],
    })),
  };
}

function leadsTo(to: string, arms: BranchOp["arms"]): boolean {
  return arms.some(({ ops }) =>
    ops.some(
      (op) =>
        (op.op === "exchange" && op.to === to) || (op.op === "branch" && leadsTo(to, op.arms)),
    ),
  );
}
