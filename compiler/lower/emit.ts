// `emit final` and `emit changes(every: 10s)`: when the results of the reduce before it leave.

import { didYouMean } from "../diagnostics/suggest.ts";
import type { StageNode } from "../syntax/ast.ts";
import { durationArg, readArgs } from "./args.ts";
import type { Env } from "./env.ts";

/** Between two sends of what has changed, milliseconds. */
export const EMIT_EVERY_MIN_MS = 1000;
export const EMIT_EVERY_MAX_MS = 86_400_000;

export type EmitNode = Extract<StageNode, { kind: "emit" }>;

/** Null stands for a mode that is no mode, which is reported. */
export type Emission =
  | { readonly mode: "final" }
  | { readonly mode: "changes"; readonly everyMs: number }
  | null;

const SPECS = {
  final: { positional: [], named: [], required: [] },
  changes: { positional: [], named: ["every"], required: ["every"] },
} as const;

export function readEmit({ mode, args, span }: EmitNode, env: Env): Emission {
  if (mode.name !== "final" && mode.name !== "changes") {
    const hint = didYouMean(mode.name, ["final", "changes"]);
    env.report("FPL0417", mode.span, `unknown \`emit ${mode.name}\`${hint}`);
    return null;
  }
  const values = readArgs(`emit ${mode.name}`, args, SPECS[mode.name], span, env.report);
  if (mode.name === "final") return { mode: "final" };
  const everyMs = durationArg(values, "every", [EMIT_EVERY_MIN_MS, EMIT_EVERY_MAX_MS], env);
  return everyMs === null ? null : { mode: "changes", everyMs };
}
