// `fpaas fmt`: a file in the one style of the language. Only what stands between tokens changes, so
// literals stay as written and a plan stays the same.

import type { Source } from "../compile.ts";
import { type Diagnostic, reporter } from "../diagnostics/diagnostic.ts";
import { parse } from "../syntax/parser.ts";
import { print } from "./document.ts";
import { Layout } from "./layout.ts";
import { marksOf } from "./marks.ts";
import { layItems } from "./statements.ts";
import { placeTokens } from "./trivia.ts";

export type Formatted =
  | { readonly ok: true; readonly text: string }
  /** The file has syntax errors: its layout cannot be known. */
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Formats one file; ends in a newline unless it is empty. Formatting twice changes nothing more. */
export function formatProgram({ file, text }: Source): Formatted {
  const diagnostics: Diagnostic[] = [];
  const report = reporter(file, diagnostics);
  const { items } = parse(text, report);
  if (diagnostics.some(({ severity }) => severity === "error")) return { ok: false, diagnostics };

  const { placed, end } = placeTokens(text, () => {});
  const layout = new Layout(placed, marksOf(items));
  layItems(items, layout);
  layout.endComments(end);
  const printed = print(layout.parts());
  return { ok: true, text: printed === "" ? "" : `${printed}\n` };
}
