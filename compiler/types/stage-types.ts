// The type of the records behind a stage, from the type of those before it.

import type { Arg, ExprNode, ReduceNode, StageNode } from "../syntax/ast.ts";
import { aggregateType } from "./aggregate-types.ts";
import { entryTypes, inferType } from "./infer.ts";
import { narrow } from "./narrow.ts";
import { isObjects, membersOf, unionOf } from "./relate.ts";
import {
  checkCondition,
  checkInstant,
  checkRank,
  checkRecord,
  checkUnnest,
} from "./stage-checks.ts";
import { ANY, INSTANT, object, type Type, WINDOW } from "./type.ts";
import { type FileEnv, stageEnv, type TypeEnv } from "./type-env.ts";

/** What a pass over the stages of a pipeline keeps. */
export type StagePass = {
  readonly base: FileEnv;
  /** The types of the records before each stage, and behind it, in the order of the text. */
  readonly before: Map<StageNode, Type>;
  readonly after: Map<StageNode, Type>;
  /** Takes the records that a sink or a side output writes to a topic. */
  readonly write: (topic: Pick<Arg, "value">, type: Type, env: TypeEnv) => void;
  /** Whether a window stands before the next `reduce`. */
  windowed: boolean;
};

export function stageType(stage: StageNode, record: Type, pass: StagePass): Type {
  pass.before.set(stage, record);
  const type = typeBehind(stage, record, pass);
  pass.after.set(stage, type);
  return type;
}

function typeBehind(stage: StageNode, record: Type, pass: StagePass): Type {
  const env = stageEnv(record, pass.base);
  switch (stage.kind) {
    case "filter":
      checkCondition("filter", stage.expr, inferType(stage.expr, env), env);
      return narrow(stage.expr, true, env, inferType).current;
    case "map":
      return mapped(stage.expr, env);
    case "let":
      return withField(record, stage.name.name, inferType(stage.expr, env));
    case "unnest":
      return withField(record, stage.as.name, unnested(stage.expr, env));
    case "dedup":
    case "sample":
      checkOptions(stage.args, env, () => undefined);
      return record;
    case "top":
      checkOptions(stage.args, env, (name, node, type) => {
        if (name === "by") checkRank(node, type, env);
      });
      return record;
    case "window":
      windowStage(stage.call.args, record, pass, env);
      return record;
    case "reduce":
      return reduced(stage, pass, env);
    case "lookup":
      inferType(stage.key, env);
      return withField(record, stage.as.name, ANY);
    case "branch":
      branched(stage, record, pass);
      return ANY;
    case "to":
      checkOptions(stage.args, env, () => undefined);
      if (stage.target.name === "topic" && stage.args[0] !== undefined) {
        pass.write(stage.args[0], record, env);
      }
      return record;
    case "emit":
    case "drop":
      return record;
    case "key":
    case "error":
    case "join":
    case "latest":
    case "retain":
      return ANY;
  }
}

/** The record keeps its time unless the new one has its own. */
function mapped(expr: ExprNode, env: TypeEnv): Type {
  const type = inferType(expr, env);
  checkRecord(expr, type, env);
  if (!isObjects(type)) return ANY;
  const members = membersOf(type).map((one) => {
    const time = one.fields.get("time") ?? fieldOf(env.current, "time");
    return { ...one, fields: new Map([...one.fields, ["time", time] as const]) };
  });
  return unionOf(members);
}

function fieldOf(type: Type, name: string): Type {
  return type.kind === "object" ? (type.fields.get(name) ?? ANY) : ANY;
}

function withField(record: Type, name: string, type: Type): Type {
  if (record.kind === "any") return object([[name, type]], { rest: ANY });
  if (record.kind !== "object") return ANY;
  const event = record.event !== null && record.fields.has(name) ? null : record.event;
  return { ...record, event, fields: new Map([...record.fields, [name, type]]) };
}

function unnested(expr: ExprNode, env: TypeEnv): Type {
  const type = inferType(expr, env);
  checkUnnest(expr, type, env);
  return type.kind === "list" ? type.element : ANY;
}

/** Options of stages that are read from the record. */
const RECORD_OPTIONS = new Set(["on", "by", "per", "key", "rank"]);

function checkOptions(
  args: readonly Arg[],
  env: TypeEnv,
  check: (name: string, node: ExprNode, type: Type) => void,
): void {
  for (const { name, value } of args) {
    if (name === null || !RECORD_OPTIONS.has(name.name)) continue;
    check(name.name, value, inferType(value, env));
  }
}

function windowStage(args: readonly Arg[], record: Type, pass: StagePass, env: TypeEnv): void {
  pass.windowed = true;
  checkOptions(args, env, (name, node, type) => {
    if (name === "on") checkInstant(node, type, env);
  });
  const late = args.find((arg) => arg.name?.name === "late")?.value;
  const side = late?.kind === "call" && late.name.name === "side" ? late.args[0] : undefined;
  if (side !== undefined) pass.write(side, record, env);
}

function reduced(node: ReduceNode, pass: StagePass, env: TypeEnv): Type {
  const keys = node.keys.map(
    ({ name, value }) => [name?.name ?? keyName(value), inferType(value, env)] as const,
  );
  const aggregates = entryTypes(node.aggregates, {
    ...stageEnv(object(keys), pass.base),
    aggregate: (call) => aggregateType(call, env, inferType),
  });
  const window = pass.windowed ? [["window", WINDOW] as const] : [];
  pass.windowed = false;
  return object([...keys, ...aggregates, ...window, ["time", INSTANT]]);
}

/** The last name of a plain path; the parser's caller has reported anything else. */
function keyName(node: ExprNode): string {
  if (node.kind === "field") return node.name;
  const last = node.kind === "path" ? node.steps.at(-1) : undefined;
  return last?.kind === "field" ? last.name : "key";
}

/** Every arm gets what no arm before it took. */
function branched(
  stage: Extract<StageNode, { kind: "branch" }>,
  record: Type,
  pass: StagePass,
): void {
  let left = record;
  for (const arm of stage.arms) {
    const env = stageEnv(left, pass.base);
    let type = left;
    if (arm.when !== null) {
      checkCondition("when", arm.when, inferType(arm.when, env), env);
      type = narrow(arm.when, true, env, inferType).current;
      left = narrow(arm.when, false, env, inferType).current;
    }
    for (const inner of arm.stages) type = stageType(inner, type, pass);
  }
}
