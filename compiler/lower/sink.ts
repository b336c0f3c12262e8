// Sinks: where a pipeline's records go.

import { PARTITIONS_MAX } from "../../plan/partition.ts";
import { stdoutTopic } from "../../plan/plan.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Arg, Ident, Span } from "../syntax/ast.ts";
import { integerArg, readArgs } from "./args.ts";
import { currentStage, type Draft } from "./draft.ts";
import { freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { notRunnable } from "./later.ts";
import { topicName } from "./source.ts";
import { own } from "./topics.ts";

const SINKS = ["topic", "stdout", "webhook", "feed"];
const TOPIC = { positional: ["name"], named: ["key", "partitions"], required: ["name"] };

/** Ends the pipeline with a sink. */
export function lowerSink(target: Ident, args: readonly Arg[], span: Span, draft: Draft): void {
  draft.sink ??= span;
  switch (target.name) {
    case "topic":
      lowerTopic(args, span, draft);
      return;
    case "stdout":
      lowerStdout(args, span, draft);
      return;
    case "webhook":
    case "feed":
      notRunnable(`\`to ${target.name}\``, span, draft.env.report);
      return;
    default: {
      const hint = didYouMean(target.name, SINKS);
      draft.env.report("FPL0502", target.span, `unknown sink \`${target.name}\`${hint}`, {
        help: "sinks are `to topic('name')` and `to stdout`",
      });
    }
  }
}

function lowerTopic(args: readonly Arg[], span: Span, draft: Draft): void {
  const { env } = draft;
  const values = readArgs("topic", args, TOPIC, span, env.report);
  const node = values.get("name");
  const name = node === undefined ? null : topicName({ value: node, span: node.span }, env);
  const partitions = integerArg(values, "partitions", [1, PARTITIONS_MAX], env) ?? 1;
  const keyNode = values.get("key");
  const key = keyNode === undefined ? null : lowerExpr(keyNode, freshEnv(env));
  if (key === null && partitions > 1) {
    env.report("FPL0904", span, "without `key` every record goes to partition 0");
  }
  if (name === null) return;
  own(draft, { name, partitions, role: "sink" }, node?.span ?? span);
  currentStage(draft).ops.push({ op: "sink", topic: name, key });
}

function lowerStdout(args: readonly Arg[], span: Span, draft: Draft): void {
  readArgs("stdout", args, { positional: [], named: [], required: [] }, span, draft.env.report);
  const name = stdoutTopic(draft.node.name.name);
  own(draft, { name, partitions: 1, role: "sink" }, span);
  currentStage(draft).ops.push({ op: "sink", topic: name, key: null });
}
