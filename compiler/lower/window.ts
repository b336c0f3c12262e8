// Windows: options to milliseconds, with their limits.

import type { Expr } from "../../plan/expr.ts";
import type { AlignedWindow, Window } from "../../plan/plan.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { CallNode } from "../syntax/ast.ts";
import { type ArgSpec, type Args, durationArg, readArgs } from "./args.ts";
import type { Draft, PendingWindow } from "./draft.ts";
import { CURRENT, freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { topicName } from "./source.ts";
import { DAY_MS, zoneArg } from "./time-zone.ts";
import { own } from "./topics.ts";

/** Longest window and longest grace, milliseconds. */
export const WINDOW_SIZE_MAX_MS = 366 * 86_400_000;
export const GRACE_MAX_MS = 7 * 86_400_000;
/** Longest grace of sessions, which keep every row for as long, milliseconds. */
export const SESSION_GRACE_MAX_MS = 600_000;
/** Furthest a record's own time may run ahead of the relay's, milliseconds. */
export const MAX_AHEAD_DEFAULT_MS = 10_000;
export const MAX_AHEAD_MAX_MS = 86_400_000;
/** Most windows one record may fall into (size / every): each costs a row of state. */
export const WINDOWS_PER_RECORD_MAX = 1440;

const COMMON = ["on", "grace", "idle", "late", "max_ahead"];
const ALIGNED = [...COMMON, "tz"];
const SPECS: Readonly<Record<string, ArgSpec>> = {
  tumbling: { positional: ["size"], named: ALIGNED, required: ["size"] },
  hopping: { positional: ["size", "every"], named: ALIGNED, required: ["size", "every"] },
  session: { positional: ["gap"], named: ["max", ...COMMON], required: ["gap", "max"] },
};

/** The window `call` describes; null when it is wrong, which is reported. */
export function lowerWindow(call: CallNode, draft: Draft): PendingWindow | null {
  const { env } = draft;
  const kind = call.name.name;
  const spec = Object.hasOwn(SPECS, kind) ? SPECS[kind] : undefined;
  if (spec === undefined) {
    const hint = didYouMean(kind, Object.keys(SPECS));
    env.report("FPL0401", call.name.span, `unknown kind of window \`${kind}\`${hint}`, {
      help: "windows are `tumbling(size: 1m)`, `hopping(size: 10m, every: 1m)`, `session(gap: 10m, max: 2h)`",
    });
    return null;
  }
  const args = readArgs(kind, call.args, spec, call.span, env.report);
  const late = lateTopic(args, draft);
  // Every partition says once a second how far it is, quiet or not: there is nothing idle to wait for.
  durationArg(args, "idle", [1, WINDOW_SIZE_MAX_MS], env);
  const window = kind === "session" ? session(args, call, draft) : aligned(kind, args, call, draft);
  if (window === null) return null;
  const on = args.get("on");
  return {
    window,
    on: on === undefined ? TIME : lowerExpr(on, freshEnv(env)),
    explicitOn: on !== undefined,
    maxAheadMs: durationArg(args, "max_ahead", [0, MAX_AHEAD_MAX_MS], env) ?? MAX_AHEAD_DEFAULT_MS,
    late,
    span: call.span,
  };
}

const TIME: Expr = { k: "field", of: CURRENT, name: "time" };

/** Tumbling and hopping windows, in UTC or in whole days of a zone. */
function aligned(kind: string, args: Args, call: CallNode, draft: Draft): AlignedWindow | null {
  const { env } = draft;
  const sizeMs = durationArg(args, "size", [1, WINDOW_SIZE_MAX_MS], env);
  const everyMs =
    kind === "tumbling" ? sizeMs : durationArg(args, "every", [1, WINDOW_SIZE_MAX_MS], env);
  const graceMs = durationArg(args, "grace", [0, GRACE_MAX_MS], env) ?? 0;
  const tz = zoneArg(args, env);
  if (sizeMs === null || everyMs === null) return null;
  if (everyMs > sizeMs) {
    env.report("FPL0402", call.span, "`every` is longer than `size`: records would fall between", {
      help: "make `every` at most `size`",
    });
    return null;
  }
  const windows = Math.ceil(sizeMs / everyMs);
  if (windows > WINDOWS_PER_RECORD_MAX) {
    const message = `each record would count in ${windows} windows, the most is ${WINDOWS_PER_RECORD_MAX}`;
    env.report("FPL0403", call.span, message, { help: "make `every` longer" });
    return null;
  }
  if (tz === null) return { kind: "hopping", sizeMs, everyMs, graceMs };
  const [sizeDays, everyDays] = [sizeMs / DAY_MS, everyMs / DAY_MS];
  if (Number.isInteger(sizeDays) && Number.isInteger(everyDays)) {
    return { kind: "calendar", tz, sizeDays, everyDays, graceMs };
  }
  env.report("FPL0418", args.get("tz")?.span ?? call.span, "`tz` is for windows of whole days", {
    help: "make the size `1d`, `7d` …, or leave `tz` out: shorter windows are the same everywhere",
  });
  return null;
}

function session(args: Args, call: CallNode, draft: Draft): Window | null {
  const { env } = draft;
  const gapMs = durationArg(args, "gap", [1, WINDOW_SIZE_MAX_MS], env);
  const maxMs = durationArg(args, "max", [1, WINDOW_SIZE_MAX_MS], env);
  const graceMs = durationArg(args, "grace", [0, SESSION_GRACE_MAX_MS], env) ?? 0;
  if (gapMs === null || maxMs === null) return null;
  if (gapMs <= maxMs) return { kind: "session", gapMs, maxMs, graceMs };
  env.report("FPL0402", call.span, "`gap` is longer than `max`: every session would be cut short", {
    help: "make `gap` at most `max`",
  });
  return null;
}

/** `late: side('topic')` */
function lateTopic(args: Args, draft: Draft): string | null {
  const node = args.get("late");
  if (node === undefined || node.kind === "error") return null;
  const arg = node.kind === "call" && node.name.name === "side" ? node.args[0] : undefined;
  if (arg === undefined) {
    draft.env.report("FPL0404", node.span, "`late` takes a side topic", {
      help: "write `late: side('name')`; without `late` they are counted and dropped",
    });
    return null;
  }
  const topic = topicName(arg, draft.env);
  if (topic !== null) own(draft, { name: topic, partitions: 1, role: "late" }, arg.span);
  return topic;
}
