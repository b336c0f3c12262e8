// `sample(1%, by: EXPR)`

import type { Arg, Span } from "../syntax/ast.ts";
import { numberArg, readArgs } from "./args.ts";
import type { Draft } from "./draft.ts";
import { freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";

const SPEC = { positional: ["share"], named: ["by"], required: ["share", "by"] };

/** Adds a sampling op. The share is `1%`, or a number between 0 and 1. */
export function lowerSample(args: readonly Arg[], span: Span, draft: Draft): void {
  const { env } = draft;
  const values = readArgs("sample", args, SPEC, span, env.report);
  const share = values.get("share");
  const fraction =
    share?.kind === "percent" ? share.fraction : numberArg(values, "share", [0, 1], env);
  if (fraction !== null && !(fraction >= 0 && fraction <= 1)) {
    env.report("FPL0203", share?.span ?? span, "a sample is between 0% and 100%");
  }
  const by = values.get("by");
  if (by === undefined) return;
  draft.ops.push({ op: "sample", fraction: fraction ?? 1, by: lowerExpr(by, freshEnv(env)) });
}
