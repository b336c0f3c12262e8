// The type of the records that a source gives.

import { EVENT_KINDS, EVENT_OPS, type EventKind } from "../../plan/event.ts";
import { NSID } from "../../plan/names.ts";
import type { Arg, SourceNode } from "../syntax/ast.ts";
import { eventType } from "./event.ts";
import { inferType } from "./infer.ts";
import { joinAll } from "./relate.ts";
import { ANY, INSTANT, object, type Type } from "./type.ts";
import { quiet, type TypeEnv } from "./type-env.ts";

/** What a topic's records are, as far as it is known; null when not. */
export type TopicType = (topic: string) => Type | null;

export function sourceType(source: SourceNode, topicType: TopicType, env: TypeEnv): Type {
  if (source.kind === "union") {
    const types = source.sources.map((one) => sourceType(one, topicType, env));
    return joinAll(types);
  }
  const type = plainType(source, topicType, env);
  // With a name the record stands in that field, beside its time.
  return source.as === null
    ? type
    : object([
        [source.as.name, type],
        ["time", INSTANT],
      ]);
}

function plainType(
  source: Extract<SourceNode, { kind: "source" }>,
  topicType: TopicType,
  env: TypeEnv,
): Type {
  const { name, args } = source.call;
  const texts = args.map((arg) => textOf(arg, env));
  switch (name.name) {
    case "firehose":
      return firehoseType(texts);
    case "events":
      return accountType(texts);
    case "topic": {
      const topic = texts[0] ?? null;
      return (topic === null ? null : topicType(topic)) ?? ANY;
    }
    default:
      return ANY;
  }
}

/** The string an argument is known to be; null when it is none. */
export function textOf(arg: Pick<Arg, "value">, env: TypeEnv): string | null {
  const type = inferType(arg.value, quiet(env));
  return type.kind === "text" && type.values?.length === 1 ? (type.values[0] ?? null) : null;
}

function firehoseType(collections: readonly (string | null)[]): Type {
  const known = collections.filter((one) => one !== null);
  if (known.length < collections.length) return ANY;
  const kinds: readonly EventKind[] = known.length === 0 ? EVENT_KINDS : ["commit"];
  const valid = known.every((one) => NSID.test(one) || one.endsWith(".*"));
  return valid ? eventType({ kinds, ops: EVENT_OPS, collections: [...new Set(known)] }) : ANY;
}

function accountType(texts: readonly (string | null)[]): Type {
  const accounts = EVENT_KINDS.filter((kind) => kind !== "commit");
  const kinds = accounts.filter((kind) => texts.length === 0 || texts.includes(kind));
  if (kinds.length === 0) return ANY;
  return eventType({ kinds, ops: EVENT_OPS, collections: [] });
}
