// A plan as a drawing: what reads what, what was pushed down to subjects, what state each stage keeps.

import { firehoseFilters } from "./names.ts";
import { everyOp } from "./ops.ts";
import type { Aggregate, BranchArm, Input, Op, Plan, Stage, Start, Topic, Window } from "./plan.ts";
import { printDuration, printExpr, printInstant } from "./print-expr.ts";

/** `plan` as text, one block a stage, ending in a newline. */
export function explainPlan(plan: Plan): string {
  return `${[...explainHead(plan), "", ...explainStages(plan)].join("\n")}\n`;
}

/** The name of a plan and the values of its params, a line each. */
export function explainHead(plan: Plan): string[] {
  const params = Object.entries(plan.params).map(
    ([name, value]) => `  param ${name} = ${JSON.stringify(value)}`,
  );
  return [`pipeline ${plan.pipeline}`, ...params];
}

/** The stages of a plan and its topics, as lines. */
export function explainStages(plan: Plan): string[] {
  const stages = plan.stages.flatMap((stage) => [...explainStage(stage), ""]);
  const topics = plan.topics.map((topic) => `  ${explainTopic(topic, plan)}`);
  return [...stages, "topics", ...topics, ...explainPoison(plan)];
}

/** Silent about what every program does that does not say otherwise. */
function explainPoison({ onPoison }: Plan): string[] {
  if (onPoison === undefined) return [];
  return ["", "a message that its task fails at stops that task until `fpaas skip` leaves it out"];
}

function explainTopic(topic: Topic, plan: Plan): string {
  const partitions = count(topic.partitions, "partition");
  const kept = ` (at most ${plan.deadLetters.max} a stage partition)`;
  const bound = topic.role === "dead-letters" ? kept : deliveryText(topic);
  return `${topic.name}: ${topic.role}, ${partitions}${bound}`;
}

function deliveryText({ delivery }: Topic): string {
  if (delivery === undefined) return "";
  switch (delivery.kind) {
    case "webhook":
      return ` -> ${delivery.url}`;
    case "feed":
      return ` -> feed ${delivery.name}`;
  }
}

/** What a stage remembers between records, and how that is bounded; empty when nothing. */
export function stageState(stage: Stage): string[] {
  return [...everyOp(stage.ops)].flatMap(stateOf);
}

function explainStage(stage: Stage): string[] {
  const state = stageState(stage);
  return [
    `stage ${stage.id} (${count(stage.partitions, "partition")})`,
    ...stage.inputs.flatMap(explainInput).map((line) => `  ${line}`),
    ...stage.ops.flatMap(explainOp).map((line) => `  ${line}`),
    `  state: ${state.length === 0 ? "none" : state.join("; ")}`,
  ];
}

function explainInput(input: Input): string[] {
  switch (input.kind) {
    case "firehose":
      return [
        `from firehose${asText(input.as)}${startText(input.start)}`,
        ...firehoseFilters(0, input.kinds, input.ops, input.collections)
          .map((subject) => subject.replace(".00.", ".<p>."))
          .map((subject) => `  subject ${subject}`),
      ];
    case "topic":
      return [`from topic ${input.topic}${asText(input.as)}${startText(input.start)}`];
    case "exchange":
      return [`from ${input.from.join(", ")}`];
  }
}

function asText(as: string | undefined): string {
  return as === undefined ? "" : ` as ${as}`;
}

function startText(start: Start): string {
  switch (start.at) {
    case "default":
      return "";
    case "first":
    case "new":
      return ` start at ${start.at}`;
    case "time":
      return ` start at ${printInstant(start.ms)}`;
  }
}

function explainOp(op: Op): string[] {
  switch (op.op) {
    case "filter":
      return [`filter ${printExpr(op.expr)}`];
    case "map":
      return [`map ${printExpr(op.expr)}`];
    case "let":
      return [`let ${op.name} = ${printExpr(op.expr)}`];
    case "unnest":
      return [`unnest ${printExpr(op.expr)} as ${op.as}`];
    case "sample":
      return [`sample ${op.fraction * 100}% by ${printExpr(op.by)}`];
    case "branch":
      return ["branch", ...op.arms.flatMap(explainArm)];
    case "window": {
      const late = op.late === null ? "late: dropped" : `late: ${op.late}`;
      const ahead = `max_ahead: ${printDuration(op.maxAheadMs)}`;
      return [`${windowText(op.window)} on ${printExpr(op.on)}, ${ahead}, ${late}`];
    }
    case "exchange": {
      const columns = op.columns.map((column) => `    column ${printExpr(column)}`);
      const by = op.keys.length === 0 ? "as one" : `by ${op.keys.map(printExpr).join(", ")}`;
      return [`exchange ${by} -> ${op.to}`, ...columns];
    }
    case "reduce": {
      const keys = op.keys.length === 0 ? "" : ` by ${op.keys.join(", ")}`;
      const changes =
        op.changesEveryMs === undefined
          ? ""
          : ` emit changes every ${printDuration(op.changesEveryMs)}`;
      return [
        `reduce${keys}${changes}`,
        ...op.aggregates.map((one) => `    ${aggregateText(one)}`),
      ];
    }
    case "fold": {
      const keys = op.keys.length === 0 ? "" : ` by ${op.keys.join(", ")}`;
      const head = `reduce${keys} emit changes every ${printDuration(op.everyMs)}`;
      return [head, ...op.aggregates.map((one) => `    ${aggregateText(one)}`)];
    }
    case "top":
      return [`top ${op.n} of each window`];
    case "dedup":
      return [`dedup within ${printDuration(op.withinMs)}`];
    case "sink": {
      const key = op.key === null ? "" : ` key ${printExpr(op.key)}`;
      const rank = op.rank === undefined ? "" : ` rank ${printExpr(op.rank)}`;
      return [`sink -> topic ${op.topic}${key}${rank}`];
    }
  }
}

function explainArm(arm: BranchArm): string[] {
  const head = arm.when === null ? "else" : `when ${printExpr(arm.when)}`;
  const ops = arm.ops.length === 0 ? ["drop"] : arm.ops.flatMap(explainOp);
  return [`  ${head} =>`, ...ops.map((line) => `    ${line}`)];
}

function windowText(window: Window): string {
  const grace = window.graceMs === 0 ? "" : ` grace ${printDuration(window.graceMs)}`;
  return `window ${shapeText(window)}${grace}`;
}

function shapeText(window: Window): string {
  switch (window.kind) {
    case "hopping": {
      const [size, every] = [window.sizeMs, window.everyMs].map(printDuration);
      return size === every ? `tumbling ${size}` : `hopping ${size} every ${every}`;
    }
    case "calendar": {
      const [size, every] = [`${window.sizeDays}d`, `${window.everyDays}d`];
      const shape = size === every ? `tumbling ${size}` : `hopping ${size} every ${every}`;
      return `${shape} of ${window.tz}`;
    }
    case "session":
      return `session gap ${printDuration(window.gapMs)} max ${printDuration(window.maxMs)}`;
  }
}

/** How many windows a record counts in. */
function windowsPerRecord(window: Window): number {
  switch (window.kind) {
    case "hopping":
      return Math.ceil(window.sizeMs / window.everyMs);
    case "calendar":
      return Math.ceil(window.sizeDays / window.everyDays);
    case "session":
      return 1;
  }
}

function aggregateText(aggregate: Aggregate): string {
  const column = aggregate.column === null ? "" : `column ${aggregate.column}`;
  return `${aggregate.name}: ${aggregate.fn}(${column}${limitText(aggregate)})`;
}

function limitText(aggregate: Aggregate): string {
  switch (aggregate.fn) {
    case "distinct":
      return `, cap: ${aggregate.cap}`;
    case "collect":
      return `, max: ${aggregate.max}`;
    case "quantile":
      return `, ${aggregate.q}`;
    case "quantiles":
      return `, [${aggregate.qs.join(", ")}]`;
    case "top_k":
      return `, ${aggregate.k}`;
    case "count":
    case "sum":
    case "min":
    case "max":
    case "avg":
    case "first":
    case "last":
    case "approx_distinct":
    case "stddev":
    case "rate":
      return "";
  }
}

/** What an op remembers between records. */
function stateOf(op: Op): string[] {
  switch (op.op) {
    case "reduce": {
      const windows = windowsPerRecord(op.window);
      const what = `${count(op.aggregates.length, "aggregate")} per key and window`;
      return [`${what}, ${count(windows, "window")} a record, until the window closes`];
    }
    case "top":
      return [`${count(op.n, "record")} per window, until the window closes`];
    case "fold": {
      const what = `${count(op.aggregates.length, "aggregate")} per key`;
      const cap = op.cap === null ? "" : `, at most ${count(op.cap, "key")}`;
      const expire =
        op.expireMs === null ? "" : `, for ${printDuration(op.expireMs)} after its last`;
      return [`${what}${cap}${expire}`];
    }
    case "dedup":
      return [
        `records until the watermark passes them; at most ${count(op.cap, "key")}, for ${printDuration(op.withinMs)}`,
      ];
    case "filter":
    case "map":
    case "let":
    case "unnest":
    case "sample":
    case "branch":
    case "window":
    case "exchange":
    case "sink":
      return [];
  }
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
