// `dedup(by: EXPR, within: 1h[, cap: N])`: a stage of its own behind an exchange by the key.

import type { Arg, Span } from "../syntax/ast.ts";
import { durationArg, integerArg, readArgs } from "./args.ts";
import { type Draft, exchange } from "./draft.ts";
import { CURRENT, freshEnv, NULL } from "./env.ts";
import { lowerExpr } from "./expr.ts";

/** Longest `within`, milliseconds. */
export const DEDUP_WITHIN_MAX_MS = 366 * 86_400_000;
/** Keys that a stage partition remembers, unless `cap` says fewer. */
export const DEDUP_KEYS_MAX = 1_000_000;

const SPEC = { positional: [], named: ["by", "within", "cap"], required: ["by", "within"] };

/** Ends the current stage and begins one that passes the first record of each key. */
export function lowerDedup(args: readonly Arg[], span: Span, draft: Draft): void {
  const { env } = draft;
  const values = readArgs("dedup", args, SPEC, span, env.report);
  const withinMs = durationArg(values, "within", [1, DEDUP_WITHIN_MAX_MS], env) ?? 1;
  const cap = integerArg(values, "cap", [1, DEDUP_KEYS_MAX], env) ?? DEDUP_KEYS_MAX;
  const by = values.get("by");
  const key = by === undefined ? NULL : lowerExpr(by, freshEnv(env));
  exchange(draft, [key], [CURRENT], draft.partitions, { seen: true });
  draft.ops.push({ op: "dedup", withinMs, cap });
}
