// `expect …`: the few forms an expectation has, and the topics and counters it may name.

import type { CompareOp, Json } from "../../plan/expr.ts";
import { stdoutTopic } from "../../plan/plan.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Env } from "../lower/env.ts";
import type { ExprNode } from "../syntax/ast.ts";
import { jsonOf } from "./constants.ts";
import { COUNTERS, type CounterName, type Expectation, type NumberOf } from "./program-test.ts";

export type Expecting = {
  readonly pipeline: string;
  /** Topics of the file; null when it has errors, so that they are not known. */
  readonly topics: ReadonlySet<string> | null;
  readonly env: Env;
};

const FORMS =
  "expectations are `expect 'topic' == [{…}]`, `expect 'topic' has {…}`, `expect !('topic' has {…})`, " +
  "`expect length('topic') == 2`, `expect late == 0`, `expect dead_letters == 0`, `expect dropped == 0` " +
  "and `expect repeated == 0`";

const COMPARE: ReadonlySet<string> = new Set<CompareOp>(["==", "!=", "<", "<=", ">", ">="]);

/** What `node` expects; null when it is no expectation, which is reported. */
export function compileExpectation(node: ExprNode, expecting: Expecting): Expectation | null {
  if (node.kind === "error") return null;
  if (node.kind === "unary" && node.op === "!") return member(node.of, false, expecting);
  if (node.kind !== "binary") return refuse(node, expecting);
  const { op, left, right } = node;
  if (op === "has") return member(node, true, expecting);
  if (!isCompare(op)) return refuse(node, expecting);
  if (isText(left)) return op === "==" ? records(left, right, expecting) : refuse(node, expecting);
  return number(left, op, right, expecting);
}

function refuse({ span }: ExprNode, { env }: Expecting): null {
  env.report("FPL0331", span, "this is nothing a test can expect", { help: FORMS });
  return null;
}

function records(left: TextNode, right: ExprNode, expecting: Expecting): Expectation | null {
  const topic = topicOf(left, expecting);
  const value = jsonOf(right, expecting.env);
  if (topic === null || value === undefined) return null;
  if (!isList(value)) return refuse(right, expecting);
  return { kind: "records", topic, records: value };
}

function member(node: ExprNode, present: boolean, expecting: Expecting): Expectation | null {
  if (node.kind !== "binary" || node.op !== "has" || !isText(node.left)) {
    return refuse(node, expecting);
  }
  const topic = topicOf(node.left, expecting);
  const record = jsonOf(node.right, expecting.env);
  if (topic === null || record === undefined) return null;
  return { kind: "member", topic, record, present };
}

function number(
  left: ExprNode,
  op: CompareOp,
  right: ExprNode,
  expecting: Expecting,
): Expectation | null {
  const of = numberOf(left, expecting);
  if (of === null) return null;
  const value = jsonOf(right, expecting.env);
  if (value === undefined) return null;
  return typeof value === "number" ? { kind: "number", of, op, value } : refuse(right, expecting);
}

function numberOf(node: ExprNode, expecting: Expecting): NumberOf | null {
  if (node.kind === "field" && !node.quoted) return counterOf(node.name, node, expecting);
  const isLength = node.kind === "call" && node.name.name === "length" && node.args.length === 1;
  const argument = isLength ? node.args[0]?.value : undefined;
  if (argument === undefined || !isText(argument)) return refuse(node, expecting);
  const topic = topicOf(argument, expecting);
  return topic === null ? null : { kind: "length", topic };
}

function counterOf(name: string, { span }: ExprNode, { env }: Expecting): NumberOf | null {
  if (isCounter(name)) return { kind: "counter", counter: name };
  env.report("FPL0332", span, `unknown counter \`${name}\`${didYouMean(name, COUNTERS)}`, {
    help: `counters are ${COUNTERS.map((one) => `\`${one}\``).join(", ")}; topics stand in quotes: 'topic'`,
  });
  return null;
}

/** The topic `node` names; `'stdout'` is that of the tested pipeline. */
function topicOf(node: TextNode, { topics, pipeline, env }: Expecting): string | null {
  const name = node.value === "stdout" ? stdoutTopic(pipeline) : node.value;
  if (topics === null || topics.has(name)) return name;
  const hint = didYouMean(node.value, topics);
  env.report(
    "FPL0333",
    node.span,
    `no pipeline of this file writes topic \`${node.value}\`${hint}`,
  );
  return null;
}

type TextNode = ExprNode & { readonly kind: "literal"; readonly value: string };

function isText(node: ExprNode): node is TextNode {
  return node.kind === "literal" && typeof node.value === "string";
}

function isCompare(op: string): op is CompareOp {
  return COMPARE.has(op);
}

function isCounter(name: string): name is CounterName {
  return COUNTERS.some((one) => one === name);
}

/** `Array.isArray` does not narrow readonly lists. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
