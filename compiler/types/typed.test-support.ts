// Programs of one expression, for the tests of types.

import { compile } from "../compile.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { describeType } from "./describe.ts";
import type { Type } from "./type.ts";

export type Program = {
  /** What stands after `from`; created posts unless given. */
  readonly source?: string;
  /** Stages before the expression, each with its `|>`. */
  readonly stages?: string;
  /** Items before the pipeline. */
  readonly items?: string;
};

const CREATED_POSTS = "firehose('app.bsky.feed.post') |> filter op == 'create'";

/** The program whose last stage before its sink is `stage`. */
export function programOf(stage: string, { source, stages, items }: Program = {}): string {
  const lines = [items ?? "", "pipeline p {", `from ${source ?? CREATED_POSTS}`, stages ?? ""];
  return [...lines, `|> ${stage}`, "|> to stdout", "}", ""].join("\n");
}

/** The diagnostics of `text`, each as `FPL0204 message`. */
export function problemsOf(text: string): string[] {
  return diagnosticsOf(text).map(({ code, message }) => `${code} ${message}`);
}

export function diagnosticsOf(text: string): readonly Diagnostic[] {
  return compile({ file: "p.fpl", text }).diagnostics;
}

/** The type of `expr`, printed; what is reported instead when something is. */
export function typeOf(expr: string, program: Program = {}): string {
  const text = programOf(`let it = ${expr}`, program);
  const { types, diagnostics } = compile({ file: "p.fpl", text });
  if (diagnostics.length > 0) return diagnostics.map(({ code }) => code).join(" ");
  const before = types
    .find((one) => one.pipeline === "p")
    ?.stages.findLast(({ stage }) => stage.kind === "let");
  const field = fieldOf(before?.type, "it");
  return field === undefined ? "no such type" : describeType(field);
}

function fieldOf(type: Type | undefined, name: string): Type | undefined {
  return type?.kind === "object" ? type.fields.get(name) : undefined;
}
