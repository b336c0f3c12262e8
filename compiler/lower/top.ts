// `top` after a windowed reduce: one more exchange, by `per`, and the order of the winners.

import type { Expr } from "../../plan/expr.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Shape } from "../shapes/shape.ts";
import type { Arg, Span } from "../syntax/ast.ts";
import { integerArg, readArgs } from "./args.ts";
import { type Draft, exchange } from "./draft.ts";
import { CURRENT, freshEnv, NULL } from "./env.ts";
import { lowerExpr } from "./expr.ts";

/** Most records `top` keeps per window and `per`. */
export const TOP_MAX = 10_000;

const SPEC = { positional: ["n"], named: ["by", "per"], required: ["n", "by"] };

/** Ends the current stage and begins one that keeps the greatest records. */
export function lowerTop(args: readonly Arg[], span: Span, shape: Shape, draft: Draft): void {
  const { env, keys } = draft;
  const values = readArgs("top", args, SPEC, span, env.report);
  const n = integerArg(values, "n", [1, TOP_MAX], env) ?? 1;
  const [by, per] = ["by", "per"].map((name) => {
    const node = values.get(name);
    return node === undefined ? null : lowerExpr(node, freshEnv(env));
  });
  if (keys === null) {
    env.report("FPL0412", span, "`top` stands only after a windowed `reduce`", {
      help: "put `window …` and `reduce by …` before it",
    });
    return;
  }
  for (const key of keys) {
    if (shape === null || shape.has(key)) continue;
    env.report("FPL0413", span, `\`top\` breaks ties by the key \`${key}\`, which is gone here`, {
      help: `keep \`${key}\` in the \`map\` before \`top\`${didYouMean(key, shape)}`,
    });
  }
  const items = keys.map((name): Expr => ({ k: "field", of: CURRENT, name }));
  const tie: Expr = { k: "list", items };
  const perKeys = per === null || per === undefined ? [] : [per];
  const columns = [CURRENT, by ?? NULL, per ?? NULL, tie];
  exchange(draft, perKeys, columns, perKeys.length === 0 ? 1 : draft.partitions, {
    seen: true,
  });
  draft.ops.push({ op: "top", n });
}
