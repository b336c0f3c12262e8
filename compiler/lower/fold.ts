// A reduce without a window: what bounds its state, and when its results leave.

import type { FoldOp } from "../../plan/plan.ts";
import type { ExprNode, ReduceNode, Span } from "../syntax/ast.ts";
import { durationArg, integerArg } from "./args.ts";
import type { Draft } from "./draft.ts";
import type { Emission } from "./emit.ts";

/** Longest `expire after`, milliseconds. */
export const EXPIRE_MAX_MS = 366 * 86_400_000;
/** Groups that a stage partition may be told to keep. */
export const REDUCE_CAP_MAX = 1_000_000;

/** Everything of the operator that its rows do not decide. */
export type FoldBounds = Pick<FoldOp, "everyMs" | "expireMs" | "cap">;

/** The bounds of `node`; null when it has none that can be used, which is reported. */
export function foldBounds(
  node: ReduceNode,
  span: Span,
  emission: Emission | undefined,
  draft: Draft,
): FoldBounds | null {
  const { report } = draft.env;
  if (node.expire === null && node.cap === null) {
    report("FPL0405", span, "`reduce` without a window keeps state without bound", {
      help: "put `window tumbling(size: 1m)` before it, or say `expire after 30d` or `cap: N`",
    });
    return null;
  }
  if (emission === null) return null;
  if (emission?.mode !== "changes") {
    const end = { start: span.end, end: span.end };
    report("FPL0423", span, "without a window a result is never final", {
      help: "put `|> emit changes(every: 10s)` behind the `reduce`",
      ...(emission === undefined
        ? { fix: { span: end, text: " |> emit changes(every: 10s)" } }
        : {}),
    });
    return null;
  }
  const { everyMs } = emission;
  const args = new Map<string, ExprNode>();
  if (node.expire !== null) args.set("expire after", node.expire);
  if (node.cap !== null) args.set("cap", node.cap);
  const expireMs = durationArg(args, "expire after", [everyMs, EXPIRE_MAX_MS], draft.env);
  const cap = integerArg(args, "cap", [1, REDUCE_CAP_MAX], draft.env);
  return { everyMs, expireMs, cap };
}
