// A windowed reduce: its keys, its aggregates, and the exchange in front of it.

import type { Expr } from "../../plan/expr.ts";
import type { ExprNode, KeyNode, ReduceNode, Span } from "../syntax/ast.ts";
import { AggregateTable } from "./aggregates.ts";
import { type Draft, exchange, type PendingWindow } from "./draft.ts";
import { CURRENT, freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { notRunnable } from "./later.ts";

/** Fields every result has; no key or aggregate may take their names. */
const RESERVED = new Set(["window", "time"]);

/** Ends the current stage and begins one that aggregates. */
export function lowerReduce(node: ReduceNode, span: Span, draft: Draft): void {
  const pending = draft.window;
  draft.window = null;
  if (pending === null) {
    unwindowed(node, span, draft);
    return;
  }
  for (const [name, extra] of [
    ["expire", node.expire],
    ["cap", node.cap],
  ] as const) {
    if (extra === null) continue;
    draft.env.report("FPL0411", extra.span, `a windowed \`reduce\` needs no \`${name}\``, {
      help: "its state ends with the window",
    });
  }
  const keys = node.keys.map((key) => ({
    name: keyName(key, draft),
    expr: lower(key.value, draft),
  }));
  const names = keys.map((key) => key.name);
  checkNames([...names, ...node.aggregates.map((entry) => entry.name.name)], span, draft);
  const table = new AggregateTable(draft.env, new Set(names), true);
  const entries = node.aggregates.map((entry) => table.add(entry));
  draft.keys = names;
  if (pending === "unknown") return;
  pushWindow(pending, draft);
  const partitions = keys.length === 0 ? 1 : draft.partitions;
  const exprs = keys.map((key) => key.expr);
  exchange(draft, exprs, table.columns, partitions);
  draft.ops.push({
    op: "reduce",
    window: pending.window,
    keys: names,
    aggregates: table.aggregates,
  });
  if (!table.combined) return;
  const fields = [...names, "window"].map((name) => ({ name, value: field(name) }));
  draft.ops.push({ op: "map", expr: { k: "object", entries: [...fields, ...entries] } });
}

function pushWindow(pending: PendingWindow, draft: Draft): void {
  const { window, on, maxAheadMs, late } = pending;
  draft.ops.push({ op: "window", window, on, maxAheadMs, late });
}

function lower(node: ExprNode, draft: Draft): Expr {
  return lowerExpr(node, freshEnv(draft.env));
}

function field(name: string): Expr {
  return { k: "field", of: CURRENT, name };
}

/** `reduce` without a window: state without bound unless it is told when to end. */
function unwindowed(node: ReduceNode, span: Span, draft: Draft): void {
  draft.keys = null;
  if (node.expire !== null || node.cap !== null) {
    notRunnable("`reduce` without a window", span, draft.env.report);
    return;
  }
  draft.env.report("FPL0405", span, "`reduce` without a window keeps state without bound", {
    help: "put `window tumbling(size: 1m)` before it, or say `expire after 30d` or `cap: N`",
  });
}

/** The name after `as`, else the last of a plain path. */
function keyName(key: KeyNode, draft: Draft): string {
  if (key.name !== null) return key.name.name;
  const { value } = key;
  if (value.kind === "field") return value.name;
  if (value.kind === "path" && value.steps.every((step) => step.kind === "field")) {
    const last = value.steps.at(-1);
    if (last?.kind === "field") return last.name;
  }
  if (value.kind !== "error") {
    draft.env.report("FPL0406", value.span, "this key has no name of its own", {
      help: "give it one: `by … as name`",
    });
  }
  return "key";
}

function checkNames(names: readonly string[], span: Span, draft: Draft): void {
  for (const [i, name] of names.entries()) {
    if (RESERVED.has(name)) {
      draft.env.report(
        "FPL0409",
        span,
        `\`${name}\` is a field of every result: choose another name`,
      );
    } else if (names.indexOf(name) !== i) {
      draft.env.report("FPL0409", span, `two fields of this \`reduce\` are named \`${name}\``);
    }
  }
}
