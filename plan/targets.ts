// Which targets a stage writes to, and how many producers a target has: read off the plan.

import { everyOp } from "./ops.ts";
import type { Plan, Stage } from "./plan.ts";

/** Where a stage sends records: the exchange in front of another stage, or a topic. */
export type Target = { readonly kind: "exchange" | "topic"; readonly name: string };

/** Every target `stage` may write to; the dead-letter topic is always one. */
export function targetsOf(plan: Plan, stage: Stage): Target[] {
  const topics = new Set<string>([plan.deadLetters.topic]);
  const exchanges = new Set<string>();
  for (const op of everyOp(stage.ops)) {
    switch (op.op) {
      case "exchange":
        exchanges.add(op.to);
        break;
      case "sink":
        topics.add(op.topic);
        break;
      case "window":
        if (op.late !== null) topics.add(op.late);
        break;
      case "filter":
      case "map":
      case "let":
      case "unnest":
      case "sample":
      case "branch":
      case "reduce":
      case "top":
      case "dedup":
      case "fold":
        break;
    }
  }
  return [
    ...[...exchanges].map((name): Target => ({ kind: "exchange", name })),
    ...[...topics].map((name): Target => ({ kind: "topic", name })),
  ];
}

/** How many stage partitions write to a target: the number of watermarks its reader waits for. */
export function producersOf(plan: Plan, target: Target): number {
  const writers = plan.stages.filter((stage) =>
    targetsOf(plan, stage).some((one) => one.kind === target.kind && one.name === target.name),
  );
  return writers.reduce((sum, stage) => sum + stage.partitions, 0);
}

/** How many partitions a target has. */
export function partitionsOf(plan: Plan, target: Target): number {
  const found =
    target.kind === "exchange"
      ? plan.stages.find((stage) => stage.id === target.name)
      : plan.topics.find((topic) => topic.name === target.name);
  if (found === undefined) throw new Error(`plan has no ${target.kind} ${target.name}`);
  return found.partitions;
}

/** The partitions of an input that stage partition `own` of `stages` reads: each by exactly one. */
export function assignedPartitions(partitions: number, own: number, stages: number): number[] {
  return Array.from({ length: partitions }, (_, i) => i).filter((i) => i % stages === own);
}
