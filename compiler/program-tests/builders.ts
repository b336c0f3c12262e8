// `given post({…}, did: …)`: which builders there are, what each takes, and what was given to it.

import { EVENT_OPS, type EventOp } from "../../plan/event.ts";
import type { Json } from "../../plan/expr.ts";
import { DID, NSID, RKEY } from "../../plan/names.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { readArgs } from "../lower/args.ts";
import type { Env } from "../lower/env.ts";
import type { CallNode, ExprNode } from "../syntax/ast.ts";
import { instantOf, jsonOf } from "./constants.ts";
import type { BuilderName, GivenEvent, JsonObject } from "./program-test.ts";

type BuilderSpec = {
  /** Names of what stands without one. */
  readonly positional: readonly string[];
  readonly required: readonly string[];
  readonly options: readonly string[];
  /** Field that a record given as a string stands for. */
  readonly shorthand?: string;
  /** Whether it is an operation on a record, and so has `rkey:` and `op:`. */
  readonly commit: boolean;
};

const SUBJECT = {
  positional: ["record"],
  required: ["record"],
  options: [],
  shorthand: "subject",
  commit: true,
} as const;

const BUILDERS: Readonly<Record<BuilderName, BuilderSpec>> = {
  post: {
    positional: ["record"],
    required: [],
    options: ["langs", "tags", "mentions", "reply_to", "root", "quote"],
    shorthand: "text",
    commit: true,
  },
  like: SUBJECT,
  repost: SUBJECT,
  follow: SUBJECT,
  event: {
    positional: ["collection", "record"],
    required: ["collection"],
    options: ["collection"],
    commit: true,
  },
  delete: { positional: ["uri"], required: ["uri"], options: ["uri"], commit: false },
  identity: { positional: [], required: [], options: ["handle"], commit: false },
  account: { positional: [], required: [], options: ["active", "status"], commit: false },
  sync: { positional: [], required: [], options: [], commit: false },
};

/** The event `call` describes; null when something is wrong with it, which is reported. */
export function compileGiven(call: CallNode, env: Env): GivenEvent | null {
  const name = call.name.name;
  if (!isBuilder(name)) {
    const known = Object.keys(BUILDERS);
    env.report("FPL0330", call.name.span, `unknown event \`${name}\`${didYouMean(name, known)}`, {
      help: `events are made by ${known.map((one) => `\`${one}\``).join(", ")}`,
    });
    return null;
  }
  const spec = BUILDERS[name];
  const named = ["did", "time", ...(spec.commit ? ["op", "rkey"] : []), ...spec.options];
  const args = readArgs(name, call.args, { ...spec, named }, call.span, env.report);
  const at = (option: string) => args.get(option);
  const record = at("record");
  const fields = record === undefined ? {} : recordOf(record, name, spec, env);
  if (fields === null) return null;
  const options = new Map(spec.options.flatMap((option) => optionOf(option, at(option), env)));
  const given = Object.entries(fields).filter(([field]) => !spec.options.includes(field));
  for (const option of spec.options) {
    const value = fields[option];
    if (value !== undefined && check(option, value, record, env)) options.set(option, value);
  }
  const common = new Map(["did", "op", "rkey"].flatMap((one) => optionOf(one, at(one), env)));
  const time = at("time");
  return {
    builder: name,
    did: text(common.get("did")),
    timeMs: time === undefined ? null : instantOf(time, "`time`", env),
    op: eventOp(common.get("op")),
    rkey: text(common.get("rkey")),
    options: Object.fromEntries(options),
    record: Object.fromEntries(given),
  };
}

function isBuilder(name: string): name is BuilderName {
  return Object.hasOwn(BUILDERS, name);
}

/** The fields of the record, given as an object, or as a string that stands for one field. */
function recordOf(
  node: ExprNode,
  builder: BuilderName,
  { shorthand }: BuilderSpec,
  env: Env,
): JsonObject | null {
  const value = jsonOf(node, env);
  if (value === undefined) return null;
  if (isObject(value)) return value;
  if (typeof value === "string" && shorthand !== undefined) return { [shorthand]: value };
  const short = shorthand === undefined ? "" : `, or its \`${shorthand}\` as a string`;
  env.report("FPL0203", node.span, `\`${builder}\` takes the fields of a record${short}`);
  return null;
}

/** The option as one entry; none when it is absent or wrong. */
function optionOf(name: string, node: ExprNode | undefined, env: Env): [string, Json][] {
  if (node === undefined) return [];
  const value = jsonOf(node, env);
  return value !== undefined && check(name, value, node, env) ? [[name, value]] : [];
}

type OptionType = { readonly is: (value: Json) => boolean; readonly what: string };

const STRINGS: OptionType = { is: listOf(isString), what: "a list of strings" };
const URI: OptionType = {
  is: isRecordUri,
  what: "a record's URI such as 'at://did:plc:alice/app.bsky.feed.post/3l6oveex3ii2l'",
};

const OPTION_TYPES: Readonly<Record<string, OptionType>> = {
  did: { is: matches(DID), what: "a DID such as 'did:plc:alice'" },
  op: { is: isOp, what: "'create', 'update' or 'delete'" },
  rkey: { is: matches(RKEY), what: "a record key such as '3l6oveex3ii2l'" },
  collection: { is: matches(NSID), what: "an NSID such as 'app.bsky.feed.post'" },
  uri: URI,
  reply_to: URI,
  root: URI,
  quote: URI,
  langs: STRINGS,
  tags: STRINGS,
  mentions: { is: listOf(matches(DID)), what: "a list of DIDs" },
  handle: { is: isString, what: "a string" },
  status: { is: isString, what: "a string" },
  active: { is: (value) => typeof value === "boolean", what: "`true` or `false`" },
};

function check(name: string, value: Json, node: ExprNode | undefined, env: Env): boolean {
  const type = OPTION_TYPES[name];
  if (type === undefined || type.is(value)) return true;
  if (node !== undefined) env.report("FPL0203", node.span, `\`${name}\` is ${type.what}`);
  return false;
}

function isRecordUri(value: Json): boolean {
  if (typeof value !== "string") return false;
  const [scheme, nothing, did = "", collection = "", rkey = "", ...more] = value.split("/");
  const parts = DID.test(did) && NSID.test(collection) && RKEY.test(rkey);
  return scheme === "at:" && nothing === "" && parts && more.length === 0;
}

function isString(value: Json): boolean {
  return typeof value === "string";
}

function isOp(value: Json): value is EventOp {
  return EVENT_OPS.some((op) => op === value);
}

function matches(pattern: RegExp): (value: Json) => boolean {
  return (value) => typeof value === "string" && pattern.test(value);
}

function listOf(is: (value: Json) => boolean): (value: Json) => boolean {
  return (value) => Array.isArray(value) && value.every(is);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function eventOp(value: Json | undefined): EventOp {
  return value !== undefined && isOp(value) ? value : "create";
}
