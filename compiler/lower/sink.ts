// Sinks: where a pipeline's records go.

import { PARTITIONS_MAX } from "../../plan/partition.ts";
import { feedTopic, stdoutTopic, webhookTopic } from "../../plan/plan.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Arg, Ident, Span } from "../syntax/ast.ts";
import { durationArg, integerArg, readArgs, stringArg } from "./args.ts";
import type { Draft } from "./draft.ts";
import { freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { topicName } from "./source.ts";
import { own } from "./topics.ts";

const SINKS = ["topic", "stdout", "webhook", "feed"];
/** Records of one webhook call, and how long it may take (milliseconds). */
export const WEBHOOK_BATCH_MAX = 1000;
export const WEBHOOK_TIMEOUT_MIN_MS = 100;
export const WEBHOOK_TIMEOUT_MAX_MS = 60_000;
const WEBHOOK_TIMEOUT_DEFAULT_MS = 5000;
/** A feed is named like a record key of its generator: short, and a word of a topic name. */
const FEED_NAME = /^[a-z0-9_-]{1,64}$/;

const WEBHOOK = { positional: ["url"], named: ["batch", "timeout"], required: ["url"] };
const FEED = { positional: ["name"], named: ["rank"], required: ["name", "rank"] };
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
      lowerWebhook(args, span, draft);
      return;
    case "feed":
      lowerFeed(args, span, draft);
      return;
    default: {
      const hint = didYouMean(target.name, SINKS);
      draft.env.report("FPL0502", target.span, `unknown sink \`${target.name}\`${hint}`, {
        help: "sinks are `to topic('name')`, `to feed('name', rank: …)`, `to webhook('https://…')` and `to stdout`",
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
  draft.ops.push({ op: "sink", topic: name, key });
}

function lowerStdout(args: readonly Arg[], span: Span, draft: Draft): void {
  readArgs("stdout", args, { positional: [], named: [], required: [] }, span, draft.env.report);
  const name = stdoutTopic(draft.node.name.name);
  own(draft, { name, partitions: 1, role: "sink" }, span);
  draft.ops.push({ op: "sink", topic: name, key: null });
}

/** Its records stand in a topic, which whoever delivers them reads. */
function lowerWebhook(args: readonly Arg[], span: Span, draft: Draft): void {
  const { env } = draft;
  const values = readArgs("webhook", args, WEBHOOK, span, env.report);
  const url = stringArg(values, "url", env);
  const batch = integerArg(values, "batch", [1, WEBHOOK_BATCH_MAX], env) ?? 1;
  const range = [WEBHOOK_TIMEOUT_MIN_MS, WEBHOOK_TIMEOUT_MAX_MS] as const;
  const timeoutMs = durationArg(values, "timeout", range, env) ?? WEBHOOK_TIMEOUT_DEFAULT_MS;
  const at = values.get("url")?.span ?? span;
  if (url === null) return;
  if (!isWebAddress(url)) {
    env.report("FPL0510", at, `'${url}' is not a web address`, {
      help: "write an absolute one, such as 'https://example.com/hook'",
    });
  }
  const others = draft.owned.filter((topic) => topic.delivery?.kind === "webhook").length;
  const name = webhookTopic(draft.node.name.name, others + 1);
  own(
    draft,
    { name, partitions: 1, role: "sink", delivery: { kind: "webhook", url, batch, timeoutMs } },
    at,
  );
  env.report("FPL0905", span, "webhooks are not called yet", {
    help: `the records are kept in topic \`${name}\``,
  });
  draft.ops.push({ op: "sink", topic: name, key: null });
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:");
}

/** The rank stands in the record, so that whoever serves the feed only sorts. */
function lowerFeed(args: readonly Arg[], span: Span, draft: Draft): void {
  const { env } = draft;
  const values = readArgs("feed", args, FEED, span, env.report);
  const name = stringArg(values, "name", env);
  const at = values.get("name")?.span ?? span;
  const rank = values.get("rank");
  if (name !== null && !FEED_NAME.test(name)) {
    env.report("FPL0511", at, `\`${name}\` is not a feed name`, {
      help: "one word of a-z, 0-9, `_` and `-`, 64 characters at most",
    });
    return;
  }
  if (name === null || rank === undefined) return;
  const topic = feedTopic(name);
  own(draft, { name: topic, partitions: 1, role: "sink", delivery: { kind: "feed", name } }, at);
  draft.ops.push({ op: "sink", topic, key: null, rank: lowerExpr(rank, freshEnv(env)) });
}
