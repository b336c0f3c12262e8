// Sources to stage inputs.

import { EVENT_KINDS, type EventKind } from "../../plan/event.ts";
import { NSID, TOPIC_NAME } from "../../plan/names.ts";
import type { Input, Start } from "../../plan/plan.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Arg, SourceNode, StartNode } from "../syntax/ast.ts";
import { stringOf } from "./args.ts";
import { constantOf } from "./constant.ts";
import { type Env, freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";

const SOURCES = ["firehose", "events", "topic", "union"];
const ACCOUNT_KINDS = EVENT_KINDS.filter((kind) => kind !== "commit");
const DEFAULT_START: Start = { at: "default" };

/** `app.bsky.feed.*`: at least two segments before the star. */
const NSID_PATTERN = /^[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z0-9][a-zA-Z0-9-]*)+\.\*$/;

/** Sources of a union; one more is FPL0106. */
export const UNION_SOURCES_MAX = 16;

/** The inputs `source` stands for; what is not usable is reported and left out. */
export function lowerSources(source: SourceNode, env: Env): Input[] {
  const inputs = sourcesIn(source, DEFAULT_START, env);
  if (inputs.length > UNION_SOURCES_MAX) {
    env.report("FPL0106", source.span, `a union has at most ${UNION_SOURCES_MAX} sources`);
  }
  return inputs;
}

/** `start` of a union is that of its sources that say nothing else. */
function sourcesIn(source: SourceNode, outer: Start, env: Env): Input[] {
  const start = source.start === null ? outer : lowerStart(source.start, env);
  if (source.kind === "union") return source.sources.flatMap((one) => sourcesIn(one, start, env));
  const input = lowerSource(source, start, env);
  if (input === null || input.kind === "exchange") return [];
  const as = source.as?.name;
  if (as === "time") {
    env.report(
      "FPL0409",
      source.as?.span ?? source.span,
      "`time` is a field of every record: choose another name",
    );
  }
  return [as === undefined ? input : { ...input, as }];
}

type PlainSource = Extract<SourceNode, { kind: "source" }>;

function lowerSource(source: PlainSource, start: Start, env: Env): Input | null {
  const { name, args } = source.call;
  switch (name.name) {
    case "firehose":
      return firehose(args, start, env);
    case "events":
      return events(args, start, env);
    case "topic":
      return topic(source, start, env);
    case "":
      return null;
    default:
      env.report(
        "FPL0105",
        name.span,
        `unknown source \`${name.name}\`${didYouMean(name.name, SOURCES)}`,
        {
          help: "sources are `firehose(…)`, `events(…)`, `topic(…)`, `union { … }`",
        },
      );
      return null;
  }
}

/** No arguments: every event. Collections: the commits of those. */
function firehose(args: readonly Arg[], start: Start, env: Env): Input {
  const collections = args.flatMap((arg) => {
    const text = stringOf(arg.value, "a collection", env);
    if (text === null) return [];
    if (NSID.test(text) || NSID_PATTERN.test(text)) return [text];
    env.report("FPL0506", arg.span, `\`${text}\` is not a collection`, {
      help: "write an NSID such as 'app.bsky.feed.post', or 'app.bsky.feed.*'",
    });
    return [];
  });
  const kinds: readonly EventKind[] = args.length === 0 ? EVENT_KINDS : ["commit"];
  return { kind: "firehose", kinds, collections: [...new Set(collections)], ops: [], start };
}

function events(args: readonly Arg[], start: Start, env: Env): Input {
  const kinds = args.flatMap((arg) => {
    const text = stringOf(arg.value, "a kind of event", env);
    const kind = ACCOUNT_KINDS.find((one) => one === text);
    if (kind === undefined && text !== null) {
      const hint = didYouMean(text, ACCOUNT_KINDS);
      env.report("FPL0507", arg.span, `unknown kind of event '${text}'${hint}`, {
        help: "kinds are 'identity', 'account', 'sync'; commits come from `firehose(…)`",
      });
    }
    return kind === undefined ? [] : [kind];
  });
  return {
    kind: "firehose",
    kinds: args.length === 0 ? ACCOUNT_KINDS : [...new Set(kinds)],
    collections: [],
    ops: [],
    start,
  };
}

function topic(source: PlainSource, start: Start, env: Env): Input | null {
  const [arg, ...more] = source.call.args;
  if (arg === undefined || more.length > 0) {
    env.report("FPL0111", source.call.span, "`topic` takes the name of one topic");
    return null;
  }
  const name = topicName(arg, env);
  return name === null ? null : { kind: "topic", topic: name, start };
}

/** The topic an argument names; null when it is no topic name, which is reported. */
export function topicName(arg: Pick<Arg, "value" | "span">, env: Env): string | null {
  const name = stringOf(arg.value, "a topic", env);
  if (name === null || TOPIC_NAME.test(name)) return name;
  env.report("FPL0501", arg.span, `\`${name}\` is not a topic name`, {
    help: "dot-separated words of a-z, 0-9, `_` and `-`, 128 characters at most",
  });
  return null;
}

function lowerStart(start: StartNode | null, env: Env): Start {
  if (start === null || start.at.kind === "error") return DEFAULT_START;
  const { at } = start;
  if (at.kind === "field" && (at.name === "first" || at.name === "new")) return { at: at.name };
  const constant = constantOf(lowerExpr(at, freshEnv(env)));
  if (constant?.kind === "instant") return { at: "time", ms: constant.ms };
  env.report("FPL0206", at.span, "`start at` takes `first`, `new` or an instant", {
    help: "as `start at t'2026-01-01T00:00:00Z'`",
  });
  return DEFAULT_START;
}
