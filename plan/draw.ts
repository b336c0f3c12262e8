// A plan as a graph: boxes are stages, and between them stand what they read and how records get there.
//
//   firehose  atproto.firehose.<p>.commit.create.app.bsky.feed.post
//     ▼
//   ┌ s0 ×2 ──────────────────────────────────┐
//   │ fused     unnest · window               │
//   └─────────────────────────────────────────┘
//     │  exchange by tag
//     ▼

import { stageState } from "./explain.ts";
import { firehoseFilters } from "./names.ts";
import { everyOp } from "./ops.ts";
import type { Input, Plan, Stage } from "./plan.ts";
import { printExpr } from "./print-expr.ts";
import { targetsOf } from "./targets.ts";

/** What is known of one stage without reading its expressions. */
export type StageFacts = {
  readonly id: string;
  readonly partitions: number;
  /** Its operators: they run one after the other on a record, without anything between them. */
  readonly fused: readonly string[];
  /** Of the firehose, `<p>` standing for the partition: what was pushed down of the filters. */
  readonly subjects: readonly string[];
  /** What is left of the filters in front, and so decided record by record. */
  readonly residual: readonly string[];
  readonly state: readonly string[];
};

/** The facts of one stage. */
export function stageFacts(stage: Stage): StageFacts {
  const { id, partitions, ops, inputs } = stage;
  const subjects = inputs.flatMap(subjectsOf);
  const behind = ops.findIndex(({ op }) => op !== "filter");
  const front = behind < 0 ? ops : ops.slice(0, behind);
  const residual = front.flatMap((op) => (op.op === "filter" ? [printExpr(op.expr)] : []));
  return {
    id,
    partitions,
    fused: ops.map(({ op }) => op),
    subjects,
    residual: subjects.length > 0 ? residual : [],
    state: stageState(stage),
  };
}

/** The graph of `plan` as lines. */
export function drawPlan(plan: Plan): string[] {
  const lines = plan.stages.flatMap((stage, i) => [
    ...stage.inputs.flatMap((input) => inputLines(input, stage, plan, plan.stages[i - 1]?.id)),
    "  ▼",
    ...box(stage),
    ...outputLines(stage, plan),
  ]);
  return [...lines, `  what cannot be processed ─▷ topic ${plan.deadLetters.topic}`];
}

function subjectsOf(input: Input): string[] {
  if (input.kind !== "firehose") return [];
  return firehoseFilters(0, input.kinds, input.ops, input.collections).map((subject) =>
    subject.replace(".00.", ".<p>."),
  );
}

function inputLines(input: Input, stage: Stage, plan: Plan, above: string | undefined): string[] {
  switch (input.kind) {
    case "firehose":
      return ["firehose", ...subjectsOf(input).map((subject) => `  │  ${subject}`)];
    case "topic":
      return [`topic ${input.topic}`];
    case "exchange":
      return input.from.map((id) => {
        const from = id === above ? "" : `${id} `;
        return `  │  ${from}exchange ${keysText(plan, id, stage.id)}`;
      });
  }
}

function keysText(plan: Plan, from: string, to: string): string {
  const ops = plan.stages.find(({ id }) => id === from)?.ops ?? [];
  for (const op of everyOp(ops)) {
    if (op.op !== "exchange" || op.to !== to) continue;
    return op.keys.length === 0 ? "as one" : `by ${op.keys.map(printExpr).join(", ")}`;
  }
  return "";
}

function box(stage: Stage): string[] {
  const facts = stageFacts(stage);
  const head = `${facts.id} ×${facts.partitions}`;
  const lines = [
    `fused     ${facts.fused.join(" · ")}`,
    ...facts.residual.map((filter) => `residual  filter ${filter}`),
    ...(facts.state.length === 0
      ? ["state     none"]
      : facts.state.map((one) => `state     ${one}`)),
  ];
  const width = Math.max(head.length + 1, ...lines.map((line) => line.length));
  return [
    `┌ ${head} ${"─".repeat(width - head.length)}┐`,
    ...lines.map((line) => `│ ${line.padEnd(width)} │`),
    `└${"─".repeat(width + 2)}┘`,
  ];
}

/** Topics; the dead letters of every stage are said once. */
function outputLines(stage: Stage, plan: Plan): string[] {
  return targetsOf(plan, stage).flatMap(({ kind, name }) => {
    if (kind !== "topic" || name === plan.deadLetters.topic) return [];
    const role = plan.topics.find((topic) => topic.name === name)?.role;
    return [`  ├─▷ topic ${name}${role === "late" ? " (late records)" : ""}`];
  });
}
