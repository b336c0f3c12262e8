// Windows: options to milliseconds, with their limits.

import type { Expr } from "../../plan/expr.ts";
import type { Window } from "../../plan/plan.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { CallNode } from "../syntax/ast.ts";
import { type ArgSpec, type Args, durationArg, readArgs } from "./args.ts";
import type { Draft, PendingWindow } from "./draft.ts";
import { CURRENT, freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { notRunnable } from "./later.ts";
import { topicName } from "./source.ts";
import { own } from "./topics.ts";

/** Longest window and longest grace, milliseconds. */
export const WINDOW_SIZE_MAX_MS = 366 * 86_400_000;
export const GRACE_MAX_MS = 7 * 86_400_000;
/** Furthest a record's own time may run ahead of the relay's, milliseconds. */
export const MAX_AHEAD_DEFAULT_MS = 10_000;
export const MAX_AHEAD_MAX_MS = 86_400_000;
/** Most windows one record may fall into (size / every): each costs a row of state. */
export const WINDOWS_PER_RECORD_MAX = 1440;

const COMMON = ["on", "grace", "idle", "late", "tz", "max_ahead"];
const SPECS: Readonly<Record<string, ArgSpec>> = {
  tumbling: { positional: ["size"], named: COMMON, required: ["size"] },
  hopping: { positional: ["size", "every"], named: COMMON, required: ["size", "every"] },
  session: { positional: ["gap"], named: ["max", ...COMMON], required: ["gap", "max"] },
};

/** The window `call` describes; `unknown` when it does not run yet, null when it is wrong. */
export function lowerWindow(call: CallNode, draft: Draft): PendingWindow | "unknown" | null {
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
  if (kind === "session") {
    notRunnable("`window session`", call.span, env.report);
    return "unknown";
  }
  const tz = args.get("tz");
  if (tz !== undefined) notRunnable("the window option `tz`", tz.span, env.report);
  warnIdle(args, draft);
  const window = hopping(kind, args, call, draft);
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

function hopping(kind: string, args: Args, call: CallNode, draft: Draft): Window | null {
  const { env } = draft;
  const sizeMs = durationArg(args, "size", [1, WINDOW_SIZE_MAX_MS], env);
  const everyMs =
    kind === "tumbling" ? sizeMs : durationArg(args, "every", [1, WINDOW_SIZE_MAX_MS], env);
  const graceMs = durationArg(args, "grace", [0, GRACE_MAX_MS], env) ?? 0;
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
  return { kind: "hopping", sizeMs, everyMs, graceMs };
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

function warnIdle(args: Args, draft: Draft): void {
  const idle = args.get("idle");
  if (idle === undefined) return;
  durationArg(args, "idle", [1, WINDOW_SIZE_MAX_MS], draft.env);
  draft.env.report("FPL0903", idle.span, "`idle` has no effect yet", {
    help: "watermark messages close windows of quiet streams",
  });
}
