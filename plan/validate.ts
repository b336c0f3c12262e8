// Checks a stored plan before it is trusted: another release may have written it.

import { z } from "zod";
import { EVENT_KINDS, EVENT_OPS } from "./event.ts";
import { EXPR_DEPTH_MAX, type Expr } from "./expr.ts";
import { PIPELINE_NAME, TOPIC_NAME } from "./names.ts";
import { everyOp } from "./ops.ts";
import { PARTITIONS_MAX } from "./partition.ts";
import { BRANCH_DEPTH_MAX, type Op, PLAN_FORMAT, type Plan } from "./plan.ts";

/** The value is not a plan this release can run. Do not retry: deploy the pipeline again. */
export class InvalidPlan extends Error {
  readonly code = "invalid_plan";
}

/**
 * `plan` as a Plan.
 * @throws InvalidPlan when it is of another format or not well formed; the message says where.
 */
export function validatePlan(plan: unknown): Plan {
  const head = z.looseObject({ format: z.unknown() }).safeParse(plan);
  if (!head.success) throw new InvalidPlan("not a plan: an object with `format` was expected");
  if (head.data.format !== PLAN_FORMAT) {
    throw new InvalidPlan(
      `this release reads plan format ${PLAN_FORMAT}, found ${String(head.data.format)}: deploy the pipeline again with this release`,
    );
  }
  if (nestsTooDeeply(plan)) throw new InvalidPlan("not a plan: it nests too deeply");
  const parsed = planSchema.safeParse(plan);
  if (!parsed.success) throw new InvalidPlan(`not a plan: ${firstProblem(parsed.error)}`);
  checkOrder(parsed.data);
  return parsed.data;
}

function firstProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "unknown problem" : `${issue.path.join(".")}: ${issue.message}`;
}

/** Stages read only earlier ones, and write only to later ones and to topics of the plan. */
function checkOrder(plan: Plan): void {
  const index = new Map(plan.stages.map((stage, i) => [stage.id, i]));
  const topics = new Set(plan.topics.map((topic) => topic.name));
  for (const [i, stage] of plan.stages.entries()) {
    for (const op of everyOp(stage.ops)) {
      if (op.op === "exchange" && (index.get(op.to) ?? -1) <= i) {
        throw new InvalidPlan(`not a plan: stage ${stage.id} sends to ${op.to}, no later stage`);
      }
      if (op.op === "sink" && !topics.has(op.topic)) {
        throw new InvalidPlan(
          `not a plan: stage ${stage.id} writes topic ${op.topic}, not its own`,
        );
      }
    }
    checkEnd(stage.id, stage.ops);
  }
}

/** A chain ends in an exchange, in sinks, or in a branch whose arms do. */
function checkEnd(stage: string, ops: readonly Op[]): void {
  const [last, ...before] = ops.toReversed();
  const open = before.find((op) => op.op === "exchange" || op.op === "branch");
  if (
    open !== undefined ||
    !isEnd(last) ||
    before.some((op, i) => isStray(op, before[i - 1] ?? last))
  ) {
    throw new InvalidPlan(`not a plan: stage ${stage} ends in neither exchange nor sink`);
  }
  if (last?.op !== "branch") return;
  for (const arm of last.arms) if (arm.ops.length > 0) checkEnd(stage, arm.ops);
}

function isEnd(op: Op | undefined): boolean {
  return op?.op === "exchange" || op?.op === "sink" || op?.op === "branch";
}

/** A sink that something other than a sink follows. */
function isStray(op: Op, next: Op | undefined): boolean {
  return op.op === "sink" && next?.op !== "sink";
}

const kind = <K extends string>(k: K) => ({ k: z.literal(k) });
const whole = z.int();
const positive = z.int().positive();
const share = z.number().min(0).max(1);

const expr: z.ZodType<Expr> = z.lazy(() =>
  z.discriminatedUnion("k", [
    z.strictObject({ ...kind("literal"), value: z.json() }),
    z.strictObject({ ...kind("instant"), ms: z.number() }),
    z.strictObject({ ...kind("duration"), ms: z.number() }),
    z.strictObject({ ...kind("regex"), source: z.string() }),
    z.strictObject(kind("current")),
    z.strictObject(kind("root")),
    z.strictObject({ ...kind("variable"), name: z.string() }),
    z.strictObject({ ...kind("field"), of: expr, name: z.string() }),
    z.strictObject({ ...kind("index"), of: expr, at: whole }),
    z.strictObject({
      ...kind("slice"),
      of: expr,
      start: whole.nullable(),
      stop: whole.nullable(),
      step: whole,
      each: expr,
    }),
    z.strictObject({ ...kind("project"), of: expr, each: expr }),
    z.strictObject({ ...kind("values"), of: expr, each: expr }),
    z.strictObject({ ...kind("flatten"), of: expr, each: expr }),
    z.strictObject({ ...kind("select"), of: expr, cond: expr, each: expr }),
    z.strictObject({ ...kind("pipe"), left: expr, right: expr, nullStops: z.boolean() }),
    z.strictObject({ ...kind("list"), items: z.array(expr) }),
    z.strictObject({ ...kind("object"), entries: z.array(entry) }),
    z.strictObject({ ...kind("and"), left: expr, right: expr }),
    z.strictObject({ ...kind("or"), left: expr, right: expr }),
    z.strictObject({ ...kind("not"), of: expr }),
    z.strictObject({ ...kind("cond"), test: expr, ...thenBranch, else: expr }),
    z.strictObject({ ...kind("coalesce"), left: expr, right: expr }),
    z.strictObject({
      ...kind("compare"),
      op: z.enum(["==", "!=", "<", "<=", ">", ">="]),
      left: expr,
      right: expr,
      strict: z.boolean(),
    }),
    z.strictObject({
      ...kind("arithmetic"),
      op: z.enum(["+", "-", "*", "/", "//", "%"]),
      left: expr,
      right: expr,
    }),
    z.strictObject({ ...kind("negate"), of: expr }),
    z.strictObject({ ...kind("has"), left: expr, right: expr }),
    z.strictObject({ ...kind("matches"), left: expr, source: z.string() }),
    z.strictObject({ ...kind("exists"), path: expr }),
    z.strictObject({ ...kind("call"), fn: z.string(), args: z.array(expr) }),
    z.strictObject({ ...kind("reference"), body: expr }),
    z.strictObject({ ...kind("let"), bindings: z.array(entry), body: expr }),
  ]),
);

// biome-ignore lint/suspicious/noThenProperty: the contract's name of the branch; never awaited
const thenBranch = { then: expr }; // oxlint-disable-line unicorn/no-thenable
const entry = z.strictObject({ name: z.string(), value: expr });

const start = z.discriminatedUnion("at", [
  z.strictObject({ at: z.literal("default") }),
  z.strictObject({ at: z.literal("first") }),
  z.strictObject({ at: z.literal("new") }),
  z.strictObject({ at: z.literal("time"), ms: z.number() }),
]);

const input = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("firehose"),
    kinds: z.array(z.enum(EVENT_KINDS)).min(1),
    collections: z.array(z.string()),
    ops: z.array(z.enum(EVENT_OPS)),
    start,
    as: z.string().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("topic"),
    topic: z.string(),
    start,
    as: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal("exchange"), from: z.array(z.string()).min(1) }),
]);

const graceMs = z.int().nonnegative();
const window = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("hopping"), sizeMs: positive, everyMs: positive, graceMs }),
  z.strictObject({
    kind: z.literal("calendar"),
    tz: z.string(),
    sizeDays: positive,
    everyDays: positive,
    graceMs,
  }),
  z.strictObject({ kind: z.literal("session"), gapMs: positive, maxMs: positive, graceMs }),
]);

const named = { name: z.string(), column: z.int().nonnegative().nullable() };
const aggregate = z.discriminatedUnion("fn", [
  z.strictObject({
    ...named,
    fn: z.enum([
      "count",
      "sum",
      "min",
      "max",
      "avg",
      "first",
      "last",
      "approx_distinct",
      "stddev",
      "rate",
    ]),
  }),
  z.strictObject({ ...named, fn: z.literal("distinct"), cap: positive }),
  z.strictObject({ ...named, fn: z.literal("collect"), max: positive }),
  z.strictObject({ ...named, fn: z.literal("quantile"), q: share }),
  z.strictObject({ ...named, fn: z.literal("quantiles"), qs: z.array(share).min(1) }),
  z.strictObject({ ...named, fn: z.literal("top_k"), k: positive }),
]);

const op: z.ZodType<Op> = z.lazy(() =>
  z.discriminatedUnion("op", [
    z.strictObject({ op: z.literal("filter"), expr }),
    z.strictObject({ op: z.literal("map"), expr }),
    z.strictObject({ op: z.literal("let"), name: z.string(), expr }),
    z.strictObject({ op: z.literal("unnest"), expr, as: z.string() }),
    z.strictObject({
      op: z.literal("window"),
      window,
      on: expr,
      maxAheadMs: z.int().nonnegative(),
      late: z.string().nullable(),
    }),
    z.strictObject({
      op: z.literal("exchange"),
      to: z.string(),
      keys: z.array(expr),
      columns: z.array(expr),
      known: z.literal(true).exactOptional(),
      seen: z.literal(true).exactOptional(),
    }),
    z.strictObject({
      op: z.literal("reduce"),
      window,
      keys: z.array(z.string()),
      aggregates: z.array(aggregate),
      changesEveryMs: positive.exactOptional(),
    }),
    z.strictObject({
      op: z.literal("fold"),
      keys: z.array(z.string()),
      aggregates: z.array(aggregate),
      everyMs: positive,
      expireMs: positive.nullable(),
      cap: positive.nullable(),
    }),
    z.strictObject({ op: z.literal("top"), n: positive }),
    z.strictObject({ op: z.literal("dedup"), withinMs: positive, cap: positive }),
    z.strictObject({
      op: z.literal("sink"),
      topic: z.string(),
      key: expr.nullable(),
      rank: expr.exactOptional(),
    }),
    z.strictObject({ op: z.literal("sample"), fraction: share, by: expr }),
    z.strictObject({
      op: z.literal("branch"),
      arms: z.array(z.strictObject({ when: expr.nullable(), ops: z.array(op) })).min(1),
    }),
  ]),
);

const delivery = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("webhook"),
    url: z.string(),
    batch: positive,
    timeoutMs: positive,
  }),
  z.strictObject({ kind: z.literal("feed"), name: z.string() }),
]);

const partitions = z.int().min(1).max(PARTITIONS_MAX);

const planSchema: z.ZodType<Plan> = z.strictObject({
  format: z.literal(PLAN_FORMAT),
  pipeline: z.string().regex(PIPELINE_NAME),
  params: z.record(z.string(), z.json()),
  stages: z
    .array(
      z.strictObject({
        id: z.string().regex(/^s\d+$/),
        partitions,
        inputs: z.array(input).min(1),
        ops: z.array(op).min(1),
      }),
    )
    .min(1),
  topics: z.array(
    z.strictObject({
      name: z.string().regex(TOPIC_NAME),
      partitions,
      role: z.enum(["sink", "late", "dead-letters"]),
      delivery: delivery.exactOptional(),
    }),
  ),
  deadLetters: z.strictObject({
    topic: z.string().regex(TOPIC_NAME),
    max: z.int().nonnegative(),
  }),
  onPoison: z.literal("stop").exactOptional(),
});

/** Levels of objects and lists in a plan: an expression level may take three, a branch four, a stage a few. */
const PLAN_NESTING_MAX = 3 * EXPR_DEPTH_MAX + 4 * BRANCH_DEPTH_MAX + 16;

/** Whether `value` nests deeper than any plan does; looked at without recursion. */
function nestsTooDeeply(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > PLAN_NESTING_MAX) return true;
    level = level.flatMap((one) =>
      typeof one === "object" && one !== null ? Object.values(one) : [],
    );
  }
  return false;
}
