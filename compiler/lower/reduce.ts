// A reduce: its keys, its aggregates, and the exchange in front of it.

import type { Expr } from "../../plan/expr.ts";
import { isOrdered } from "../../plan/ops.ts";
import type { FoldOp, ReduceOp } from "../../plan/plan.ts";
import type { ExprNode, KeyNode, ReduceNode, Span } from "../syntax/ast.ts";
import { AggregateTable } from "./aggregates.ts";
import { type Draft, exchange, type PendingWindow, type Tells } from "./draft.ts";
import type { Emission } from "./emit.ts";
import { CURRENT, freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";
import { type FoldBounds, foldBounds } from "./fold.ts";

/** Fields every result has; no key or aggregate may take their names. */
const RESERVED = new Set(["window", "time"]);

/**
 * Ends the current stage and begins one that aggregates.
 * @param emission what an `emit` behind the reduce says; undefined when there is none
 */
export function lowerReduce(
  node: ReduceNode,
  span: Span,
  emission: Emission | undefined,
  draft: Draft,
): void {
  const pending = draft.window;
  draft.window = null;
  const bounds = pending === null ? foldBounds(node, span, emission, draft) : null;
  if (pending !== null) refuseBounds(node, draft);
  const keys = node.keys.map((key) => ({
    name: keyName(key, draft),
    expr: lower(key.value, draft),
  }));
  const names = keys.map((key) => key.name);
  checkNames([...names, ...node.aggregates.map((entry) => entry.name.name)], span, draft);
  const table = new AggregateTable(draft.env, new Set(names), pending !== null);
  const entries = node.aggregates.map((entry) => table.add(entry));
  // What changes has no last word to rank.
  draft.keys = pending === null || emission?.mode === "changes" ? null : names;
  const op = opOf(pending, bounds, names, table, emission, draft);
  if (op === null) return;
  if (pending !== null && pending !== "unknown") pushWindow(pending, draft);
  const partitions = keys.length === 0 ? 1 : draft.partitions;
  const exprs = keys.map((key) => key.expr);
  exchange(draft, exprs, table.columns, partitions, needsOf(op));
  draft.ops.push(op);
  if (!table.combined) return;
  const kept = op.op === "reduce" ? [...names, "window"] : names;
  const fields = kept.map((name) => ({ name, value: field(name) }));
  draft.ops.push({ op: "map", expr: { k: "object", entries: [...fields, ...entries] } });
}

/** The operator; null when something was reported that leaves none. */
function opOf(
  pending: PendingWindow | "unknown" | null,
  bounds: FoldBounds | null,
  keys: readonly string[],
  { aggregates }: AggregateTable,
  emission: Emission | undefined,
  draft: Draft,
): ReduceOp | FoldOp | null {
  if (pending === null) return bounds === null ? null : { op: "fold", keys, aggregates, ...bounds };
  if (pending === "unknown") return null;
  const op = { op: "reduce", window: pending.window, keys, aggregates } as const;
  if (emission?.mode !== "changes") return op;
  if (pending.window.kind !== "session") return { ...op, changesEveryMs: emission.everyMs };
  draft.env.report("FPL0424", pending.span, "a session is known only when it has ended", {
    help: "leave `emit changes` out, or use `window hopping(…)`",
  });
  return null;
}

/** What the operator has to be told of its rows. */
function needsOf(op: ReduceOp | FoldOp): Tells {
  if (op.op === "fold") return { seen: true };
  return {
    ...(needsKnown(op) ? { known: true } : {}),
    ...(op.aggregates.some(isOrdered) ? { seen: true } : {}),
  };
}

/** Whether the answer depends on when rows were known, not only on their times. */
function needsKnown(op: ReduceOp): boolean {
  if (op.changesEveryMs !== undefined) return true;
  const { window } = op;
  switch (window.kind) {
    case "hopping":
      return window.everyMs < window.sizeMs;
    case "calendar":
      return window.everyDays < window.sizeDays;
    case "session":
      return false;
  }
}

/** A window bounds its state itself. */
function refuseBounds(node: ReduceNode, draft: Draft): void {
  for (const [name, extra] of [
    ["expire", node.expire],
    ["cap", node.cap],
  ] as const) {
    if (extra === null) continue;
    draft.env.report("FPL0411", extra.span, `a windowed \`reduce\` needs no \`${name}\``, {
      help: "its state ends with the window",
    });
  }
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
